-- +goose Up

-- When a login told last whose the OpenID is; only grows among those of one user, whatever the clocks say. What was
-- told before is taken to be as old as the last sign of the OpenID, which decided until now.
ALTER TABLE notify_identities ADD COLUMN linked_at BIGINT NOT NULL DEFAULT 0;
UPDATE notify_identities SET linked_at = seen_at WHERE user_id <> '' AND scene_at = 0;

-- +goose Down
ALTER TABLE notify_identities DROP COLUMN linked_at;
