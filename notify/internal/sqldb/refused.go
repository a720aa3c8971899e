package sqldb

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Refused reports whether the database is there and refuses what it was asked to do, such as a text that it
// cannot hold. The same fails again then, whereas a database that is away, full or busy comes back.
func Refused(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		class := pg.Code[:min(2, len(pg.Code))]
		return slices.Contains([]string{"0A", "22", "23", "42"}, class) // not supported, data, constraint, syntax or right
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		primary := lite.Code() & 0xff
		return slices.Contains([]int{sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH,
			sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE}, primary)
	}
	return false
}
