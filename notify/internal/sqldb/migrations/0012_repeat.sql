-- +goose Up

-- When the reminder was acknowledged last, and 1 where a message of the user does that.
ALTER TABLE notify_reminders ADD COLUMN acked_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notify_reminders ADD COLUMN by_reply BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE notify_reminders DROP COLUMN by_reply;
ALTER TABLE notify_reminders DROP COLUMN acked_at;
