package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
)

// fullConn is what database/sql asks a connection of SQLite for.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteConn prepares each [Statement] once, where the driver would prepare it each time. database/sql has one
// goroutine at a time use a connection.
type sqliteConn struct {
	fullConn
	prepared map[string]driver.Stmt
}

func newSQLiteConn(conn driver.Conn) (*sqliteConn, error) {
	full, ok := conn.(fullConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver of SQLite has changed"), conn.Close())
	}
	return &sqliteConn{full, map[string]driver.Stmt{}}, nil
}

// statement returns the prepared statement of a constant text, nil for other texts.
func (c *sqliteConn) statement(ctx context.Context, query string) (driver.Stmt, error) {
	if s := c.prepared[query]; s != nil {
		return s, nil
	}
	if _, constant := constants.Load(query); !constant {
		return nil, nil
	}
	s, err := c.PrepareContext(ctx, query)
	if err == nil {
		c.prepared[query] = s
	}
	return s, err
}

// ExecContext implements [driver.ExecerContext].
func (c *sqliteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s, ok := s.(driver.StmtExecContext); ok {
		return s.ExecContext(ctx, args)
	}
	return c.fullConn.ExecContext(ctx, query, args)
}

// QueryContext implements [driver.QueryerContext].
func (c *sqliteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s, ok := s.(driver.StmtQueryContext); ok {
		return s.QueryContext(ctx, args)
	}
	return c.fullConn.QueryContext(ctx, query, args)
}

// Close implements [driver.Conn].
func (c *sqliteConn) Close() error {
	var errs []error
	for _, s := range c.prepared {
		errs = append(errs, s.Close())
	}
	clear(c.prepared)
	return errors.Join(append(errs, c.fullConn.Close())...)
}
