package sqldb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// settings is what a DSN says.
type settings struct {
	pool     *pgxpool.Config
	engine   string // schema of the queue's tables, "" for the default
	mode     bool   // the DSN chooses how queries are run
	pollOnly bool
}

// engineParameter is a parameter of the DSN beside pgx's own.
const engineParameter = "engine_schema"

func parseDSN(dsn string) (*settings, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, newDSNError(err)
	}
	if !strings.Contains(dsn, "pool_max_conns") {
		cfg.MaxConns = max(cfg.MaxConns, fewestConns)
	}
	parameters := cfg.ConnConfig.RuntimeParams
	mode := strings.Contains(dsn, "default_query_exec_mode")
	s := &settings{pool: cfg, engine: parameters[engineParameter], mode: mode}
	delete(parameters, engineParameter)
	if s.engine != "" && !usable(s.engine) {
		return nil, fmt.Errorf("DSN: %s: not a name of at most %d letters, digits and _ that begins with no digit",
			engineParameter, longestSchema)
	}
	return s, nil
}

// findPooler looks whether somebody stands between this process and the server: the process that the
// connection was said to lead to is another than the one that answers. A pooler may give each transaction
// another connection to the server, so nothing is prepared and nothing is listened to, unless the DSN insists.
func (s *settings) findPooler(ctx context.Context) error {
	c := s.pool.ConnConfig
	if s.mode {
		s.pollOnly = c.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement
		return nil
	}
	conn, err := pgconn.ConnectConfig(ctx, &c.Config)
	if err != nil {
		return err
	}
	results, err := conn.Exec(ctx, `SELECT pg_backend_pid()`).ReadAll()
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	if strconv.FormatUint(uint64(conn.PID()), 10) != string(results[0].Rows[0][0]) {
		c.DefaultQueryExecMode, s.pollOnly = pgx.QueryExecModeExec, true
	}
	return nil
}

// longestSchema leaves room for River's topics in a name of PostgreSQL.
const longestSchema = 46

var schemaName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func usable(schema string) bool {
	return len(schema) <= longestSchema && schemaName.MatchString(schema)
}

// engineSchema names the schema of the queue's tables: each ledger of a database has a queue of its own.
func engineSchema(ledger string) string {
	const name = "wechat_notify"
	if ledger == "public" {
		return name
	}
	if own := name + "_" + ledger; usable(own) {
		return own
	}
	sum := sha256.Sum256([]byte(ledger))
	return name + "_" + hex.EncodeToString(sum[:8])
}

// dsnError says what is wrong with a DSN without showing it. Its cause, which holds the password, can be asked
// for with errors.Is, and cannot be had: a function keeps it from those who print or walk values.
type dsnError struct {
	text  string
	cause func() error
}

// faults are the parts of pgx's texts that hold nothing of the DSN.
var faults = []string{
	"failed to parse as URL", "failed to parse as keyword/value", "failed to read service", "invalid sslcertmode",
	"invalid connect_timeout", "invalid port", "failed to configure TLS", "unknown target_session_attrs",
	"invalid min_protocol_version", "invalid max_protocol_version",
	"min_protocol_version cannot be greater than max_protocol_version",
	"unknown channel_binding", "invalid require_auth", "could not match",
	"cannot parse pool_max_conns", "pool_max_conns too small",
	"cannot parse pool_min_conns", "cannot parse pool_min_idle_conns", "cannot parse pool_max_conn_lifetime_jitter",
	"cannot parse pool_max_conn_lifetime", "cannot parse pool_max_conn_idle_time", "cannot parse pool_health_check_period",
	"cannot parse pool_ping_timeout", "cannot parse statement_cache_capacity", "cannot parse description_cache_capacity",
	"invalid default_query_exec_mode",
}

func newDSNError(err error) error {
	e := &dsnError{text: "it cannot be read", cause: func() error { return err }}
	for _, fault := range faults {
		if strings.Contains(err.Error(), ": "+fault) {
			e.text = fault
			break
		}
	}
	return e
}

func (e *dsnError) Error() string { return "DSN: " + e.text + " (not shown: it may hold a password)" }

// Is finds the causes by identity.
func (e *dsnError) Is(target error) bool { return errors.Is(e.cause(), target) }

// As finds the error of a certificate's file.
func (e *dsnError) As(target any) bool {
	path, ok := target.(**fs.PathError)
	return ok && errors.As(e.cause(), path)
}

// What PostgreSQL and poolers answer.
const (
	insufficientPrivilege = "42501"
	lockNotAvailable      = "55P03"
	protocolViolation     = "08P01"
	statementMissing      = "26000"
	statementExists       = "42P05"
	serializationFailure  = "40001"
	deadlock              = "40P01"
)

// hasCode reports whether PostgreSQL answered with one of the codes.
func hasCode(err error, codes ...string) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	for _, code := range codes {
		if pg.Code == code {
			return true
		}
	}
	return false
}

// Explain takes the password out of an error, and adds what to do about it where a pooler is the cause.
func Explain(err error) error {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		c := connect.Config
		connect.Config = &pgconn.Config{Host: c.Host, Port: c.Port, Database: c.Database, User: c.User}
	}
	switch {
	case hasCode(err, statementMissing, statementExists):
		return fmt.Errorf("%w: a pooler that gives each transaction another connection, such as PgBouncer, stands between; "+
			"put default_query_exec_mode=exec into the DSN", err)
	case hasCode(err, protocolViolation) && strings.Contains(err.Error(), "startup parameter"):
		return fmt.Errorf("%w: a pooler such as PgBouncer stands between; "+
			"set the parameter by ALTER ROLE … SET instead of in the DSN", err)
	}
	return err
}

// conflict reports whether PostgreSQL broke a transaction off that may succeed when it is run again.
func conflict(err error) bool { return hasCode(err, serializationFailure, deadlock) }
