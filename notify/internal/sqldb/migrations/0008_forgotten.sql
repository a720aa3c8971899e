-- +goose Up

-- Who was forgotten lately, as a digest of AppID and OpenID that nobody can turn back: what WeChat tells late of the
-- time before does not make them known again.
CREATE TABLE notify_forgotten (
	digest TEXT NOT NULL PRIMARY KEY,
	at     BIGINT NOT NULL
);

-- +goose Down
DROP TABLE notify_forgotten;
