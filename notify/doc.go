// Package notify reminds users through the door that is open: it knows who can be reached by which kind of
// WeChat message (the [Ledger]), chooses the kind ([Door]), and sends planned reminders, each once, across
// crashes and on many machines (the [Notifier]).
//
//	db, err := notify.OpenSQLite(ctx, "reminders.db") // or OpenPostgres
//	n, err := notify.New(notify.Config{Database: db, Doors: []notify.Door{
//		notify.NewTemplateDoor(service), notify.NewSubscribeDoor(mini), notify.NewReplyDoor(mini),
//	}})
//	n.Ledger().Mount(callbackHandler)
//	callback.On(callbackHandler, func(ctx context.Context, e *callback.Follow) (callback.Reply, error) {
//		return nil, n.Ledger().Refresh(ctx, service, e.FromUserName) // for the UnionID
//	})
//	err = n.Ledger().Link(ctx, notify.Identity{AppID: …, OpenID: …, UnionID: …, User: "42"}) // at a login
//	err = n.Plan(ctx, &notify.Reminder{Key: "contract-77", User: "42", Due: due,
//		Leads: []notify.Lead{notify.Days(7), notify.Days(3), notify.Days(1)}, Content: …})
//	err = n.Start(ctx)
//
// # What holds
//
// A reminder is sent at most once for each lead and due time; a lead of whole days once for the day that is due,
// whatever its time is corrected to. Before a call, a row that says so is committed; after it, its outcome.
// Whoever finds such a row without an outcome, because a process died or no answer came, does not send: a
// template message is sent again with the same client_msg_id while WeChat recognises it, which is for ten
// minutes and makes it exactly once; a subscription or customer-service message becomes [Unknown] until WeChat's
// event tells. None is lost: each ends in a [State], with a reason.
//
// That WeChat accepted a message is [Accepted]; its event makes it [Delivered], or opens the next door.
//
// A service card is a door too, for what concerns an order or a ride: [NewCardDoor] reminds by changing the card that is
// there. The program tells the ledger of it once, when it has activated the card ([Ledger.Card]), and of each change of its
// own; changes by reminders, refusals and the events about cards the ledger takes in itself.
//
// Another door is taken only where a message certainly did not go out and never will. After an errcode that
// nobody knows the lead ends as [Unknown], unless [Config.UnknownCode] says more. 40252 means that WeChat holds a
// template message for review and then delivers or drops it: the lead is Accepted, its reason says so, and
// [Ledger.Blocked] takes in what was dropped. 40241, a duplicate, proves that a message arrived whose answer was
// lost; as a first answer it leaves the outcome Unknown.
//
// A reminder may become due again by a rule ([Renewal]): when a due time has passed, some process plans the next one in the
// transaction that moves it, so that none is planned twice, or left out. [Notifier.Renew] does the same before, when
// the program's user has renewed it.
//
// A lead may repeat until the user has acknowledged it ([Repeat], [Notifier.Acknowledge]), or be put off ([Notifier.Snooze]). Each
// repetition is a row of its own, planned with the lead, so that nothing of what is said above changes for it.
//
// Builds before these know neither: they end a lead that they cannot read as Failed, and drop one of a due time that has
// passed. So have all processes on a database be of this build before the first such reminder, or lead in months or
// business days, is planned.
//
// What fails in passing, such as a busy WeChat, is tried again with growing pauses. 45011 stops the account's
// sends for a minute; 43117, too many messages to one user, those to this user for five. Where a quota of the day
// is used up (45009) the other doors are taken, or the lead waits. All processes know of it until midnight (UTC+8);
// each hour one message asks whether the quota is there again. Planning again shortens none of these waits. A
// message that does not go out never keeps another from going, except to the same user: WeChat takes one at a
// time (43108).
//
// Planned reminders are rows of a table and nothing else. Every process looks each [Config.Poll] whether the time of
// some has come, and adds a job to the queue of the engine, which a process that is free takes up. A job does rounds: one
// transaction stores what came back from the calls of the round before, and commits to as many new messages as there
// are senders free ([Config.Workers]), so that rounds grow under load by themselves, and no message waits that is
// committed to. So a reminder is a second late as a rule. A process that dies delays what it was sending by
// [Config.SendTimeout]; nothing else was in its hands. A lead that was left so twice is taken up alone, and after the
// fifth time not again: it may be the one that ends the process.
//
// A row that cannot be read, such as a reminder whose content no longer parses, ends its lead as [Failed] with that as its
// reason. What the database refuses to store keeps no other lead waiting: the rounds are halved until it stands alone.
//
// Processes on one database may have different doors, as two versions of a program do. A process takes the doors
// that it has; where none of them is open, and the content names others, it leaves the lead to processes that have
// these, and says so in its log. The lead ends when all its doors were looked at, or its time is over: when the
// reminder is due, or a day after its own time where that is later. A door of WeChat's counts as there under any
// name that [Named] gives it.
//
// # What cannot be known
//
// WeChat does not tell how many messages a user has allowed or how many customer-service messages are left.
// The ledger counts what it is told; where it is wrong WeChat's refusal corrects it, and the next door is
// taken. Acceptances that only the client tells of cost a refused call at worst.
//
// Pushes have a time of one second, and clocks differ: acceptance and use within the same five seconds may be
// taken in the wrong order, to the same end.
//
// # Transactions of the program
//
// A contract and its reminders are committed together by [Notifier.InPgxTx], or [Notifier.InTx] for database/sql and
// SQLite: Plan, Cancel, Renew, Acknowledge, Snooze and Link then write in the program's own transaction. [Tx] has the rules.
//
// # Hooks
//
// [Config.Observer] is told of outcomes by the process that knows of them, for metrics. What must not be missed, such as
// "tell the contract's owner that nobody could be reached", is read from an [Outbox]: each change of a lead's state is a row
// that is written with it and stays until a reader acknowledges it. Several readers each get all.
//
// # Retention
//
// Each message leaves a lead, an attempt, an event and what was accepted for it. What is older than [Config.Retention] goes,
// 200 rows at a time, by one process at a time, for a twentieth of its time; everything is looked at each six hours. Nothing
// goes that still counts:
//
//   - A lead stays while it is planned, until its due time is as old too, and while the program plans the same due time again
//     and again. One that comes back after it is gone is [Missed], for its time is over: it is not sent twice.
//   - What was accepted and not used stays, however old; what was used goes with the message that used it, not before both
//     are old. The latest rejection, ban and tick of each template stay, and a card as long as its code lasts.
//   - Messages of long-term templates stay while a refusal of the 31 days after them does.
//   - Who somebody is stays, and who opted out: that is no history. [Ledger.Forget] deletes it, and all that is left of the
//     rest, for what is pruned leaves nothing behind by which a user could be found. The digests of who was forgotten go
//     after their week.
//
// SQLite uses the space again, and returns it by VACUUM.
//
// # Databases
//
// SQLite serves one process and needs no server; PostgreSQL serves many. The tables are made and updated when
// the database is opened: processes that start at the same moment wait for each other, and one that finds
// nothing to change needs no lock and no right to make tables. The tables hold OpenIDs, codes of service cards and
// the content of reminders; what happened is kept for [Config.Retention], or until [Ledger.Forget], or
// [Ledger.ForgetOpenID] where WeChat tells of somebody by OpenID.
//
//	                        PostgreSQL                            SQLite
//	ledger (notify_…)       first schema of the search_path       the file
//	                        that has it, else the first
//	engine (river_…)        schema wechat_notify                  the file's name with "-queue"
//
// The engine is River. Its leader rules all jobs of its schema by its own settings, so a River that the program
// uses itself in the same database needs tables of its own, and has them: neither sees the other's jobs. A ledger
// that stands in another schema than public, such as "a", has its engine in wechat_notify_a. engine_schema in the
// DSN names another; all processes on a ledger should name the same, two ledgers never. The search_path is
// looked at when the database is opened, and not afterwards.
//
// What earlier builds queued in river_ tables beside the ledger is taken over, as far as nobody had begun it. These
// tables are not touched otherwise, for the program may use them; where it does not they can be dropped.
//
// A role that only reads and writes needs USAGE on both schemas, SELECT, INSERT, UPDATE and DELETE on their tables and
// USAGE on the sequences of wechat_notify: also on tables that a later build makes. The schema itself is made by a role with
// CREATE on the database, or beforehand by somebody else.
//
// # Poolers
//
// A PgBouncer that pools transactions gives each another connection to the server: prepared statements and
// notifications do not survive it. [OpenPostgres] sees that somebody stands between; then it prepares
// nothing, as with default_query_exec_mode=exec in the DSN, and the engine looks five times a second whether it has
// something to do. default_query_exec_mode=cache_statement says that statements hold after all, as where sessions
// are pooled; the other modes say that there is a pooler, should it hide. Settings such as search_path cannot stand
// in the DSN then: ALTER ROLE sets them. Nothing here is left behind on a connection, neither locks nor settings.
package notify
