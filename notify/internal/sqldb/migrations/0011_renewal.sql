-- +goose Up

-- When the next due time is planned, 0 where none is, and how far the series of due times has come, as JSON.
ALTER TABLE notify_reminders ADD COLUMN renew_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notify_reminders ADD COLUMN progress TEXT NOT NULL DEFAULT '';
CREATE INDEX notify_reminders_renew ON notify_reminders (renew_at) WHERE renew_at > 0;

-- +goose Down
DROP INDEX notify_reminders_renew;
ALTER TABLE notify_reminders DROP COLUMN progress;
ALTER TABLE notify_reminders DROP COLUMN renew_at;
