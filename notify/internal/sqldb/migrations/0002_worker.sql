-- +goose Up

-- 1 while the lead is queued only to wait before its message is sent again with the same id: nobody is at it.
ALTER TABLE notify_firings ADD COLUMN parked BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE notify_firings DROP COLUMN parked;
