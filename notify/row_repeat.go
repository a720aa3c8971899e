package notify

import (
	"context"
	"time"

	"github.com/wechatkit/wechat/notify/internal/sqldb"
)

// acknowledgeByReply notes that a person wrote, for the reminders of that user which ask for it.
func acknowledgeByReply(ctx context.Context, tx sqldb.Tx, who person, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE notify_reminders SET acked_at = $1 WHERE by_reply = 1 AND acked_at < $1 AND user_id IN (
		SELECT i.user_id FROM notify_identities i WHERE i.user_id <> '' AND i.app_id = $2 AND i.open_id = $3
		UNION SELECT o.user_id FROM notify_identities i JOIN notify_identities o ON o.union_id = i.union_id
			WHERE i.app_id = $2 AND i.open_id = $3 AND i.union_id <> '' AND o.user_id <> '')`,
		unix(at), who.appID, who.openID)
	return err
}
