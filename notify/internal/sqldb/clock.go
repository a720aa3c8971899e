package sqldb

import (
	"context"
	"time"
)

// Now returns the time by the clock that all processes on the database share: the server's on PostgreSQL, the
// machine's on SQLite.
func (d *DB) Now(ctx context.Context) (time.Time, error) {
	if d.Postgres == nil {
		return time.Now(), nil
	}
	var micros int64
	err := d.Postgres.QueryRow(ctx, `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`).Scan(&micros)
	return time.UnixMicro(micros), err
}
