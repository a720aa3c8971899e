// Package emulator is a WeChat (微信) that runs inside a Go program, for tests and for development without
// an account. It keeps state as WeChat does, towards the server side: accounts and their tokens, users
// who accept, follow and write, what each phone shows, and the pushes to the developer's callback.
//
//	wx := emulator.New(t)
//	tpl := wx.MiniProgram().AddTemplate(emulator.Template{Title: "Contract due", Keywords: []string{"thing1", "date2"}})
//	wx.User("alice").Accept(tpl)
//
// The program under test talks to it through [Server.HTTPClient], which answers every request in memory
// whatever its host, or over a real socket at [Server.URL]. Afterwards the test looks at [User.Inbox],
// [Server.Calls] and [Server.Pushes].
//
// # Parts
//
// An [App] is an account: a Mini Program (小程序), a service account (服务号), a website application or a
// third-party platform (第三方平台). A [User] is a person, known to every account by an OpenID, and by one
// UnionID to all accounts of one Open Platform account (微信开放平台). The methods of a User are what the
// person does: [User.Accept], [User.Follow], [User.Write], [User.TapButton], [User.Scan], [User.LoginCode],
// [User.Visit] and so on. What the world does is with the [Server]: [Server.Advance] moves the clock,
// [Server.Revoke] makes tokens invalid, [Server.Fail] plants faults; what the platform does to an account is
// with the App, such as [App.BanTemplate] and [App.BanSubscriptions].
//
// [App.SetCallback] sends an account's pushes to a URL or to an http.Handler of the same process, events of
// subscription messages in any [EventShape]. Verbs return when the pushes they cause have been answered;
// after an API call that causes one, [Server.Settle] waits for it.
//
// [Server.Save] and [Load] keep the state from one day to the next. [Server.WriteHAR] and [Server.Golden]
// turn the record into files. Package console serves an emulator over HTTP with a control API and a page
// that shows the phones; cmd/wechat-emulator is the command for it.
//
// [Routes] lists the endpoints. Answers have WeChat's errcode, errmsg and request id, and its odd
// Content-Type.
//
// The clock shows the real time and moves on with it, unless [WithClockAt] stops it. Programs that compare
// the times of pushes with their own clock need the real one.
//
// # Differences
//
// Nobody publishes all of WeChat's behaviour. This table names every place where the emulator knows that
// it differs, or had to choose because the official pages are silent or contradict each other.
//
//	where                    here                                             of WeChat is known
//	------------------------ ------------------------------------------------ ----------------------------------------
//	order of checks          path, method, length, token, kind of account,    nothing
//	                         quota, body, then field by field
//	unknown path             40066, HTTP 200                                  seen by users
//	withdrawn calls          as unknown paths, except shorturl                45109, 46101
//	no Content-Length        412 for every POST                               seen for some calls
//	\uXXXX in a body         40033 for every JSON call                        40033 seen for some, 47002 documented,
//	                                                                          others seem to take it
//	a body that is no UTF-8  40033 for every JSON call                        the words of 40033; a text that arrived as
//	                                                                          question marks was 47003
//	unknown token            40001; 40014 if it is of another kind, longer    40001 was seen for "2" and for a token with
//	                         than 512 characters, or has blanks or others     letters missing; 40014 for a token of another
//	                         than ASCII                                       kind; nothing on one that is made up
//	unknown user token       40014                                            40014 was seen, 40001 is documented too
//	errcode                  always a number                                  a string in one sample
//	classic token            two are valid at most; a third fetch ends the    overlap of 5 minutes
//	                         first at once
//	forced refresh           as above: the token before works for 5 minutes,  "becomes invalid", and "two calls end a
//	                         a second forced refresh ends it at once          leaked token at once"
//	wrong AppSecret          40125                                            40001 is documented too
//	daily counters           start again at midnight in China                 nothing; they lag by about 1 %
//	quotas of other calls    none, unless a page gives a number               shown in the console
//	quota/clear              any path                                         one page: only those below /channels/ec/
//	logins of one user       not limited                                      an older page says 100 per minute
//	permission sets          a third-party platform is granted all; messages  the merchant chooses; then they go to
//	                         go to the merchant's own callback                the platform only
//	43101 and 47003          43101 is checked first                           one report
//	43108                    never                                            for sends to one user at the same time
//	limited long-term        only with Template.Limit: an interval for each   a preset rate for each value of a mandatory
//	templates                value of a keyword, then 43101 or what is set;   keyword; the code, and where a day begins, are
//	                         the consent stays                                not documented
//	"always keep"            silent accepts add one message each, no event    whether they add up, and whether an
//	                                                                          event is pushed, is not documented
//	grants                   add up without limit                             not documented
//	templates of a pop-up    5                                                3 until 2025; from which client version 5
//	                                                                          work is not documented
//	pop-up                   raised by a verb, not by a tap; never 10002 to   needs a tap; the network, the arguments and
//	                         10005                                            the background
//	main switch off          20004 and 43101, no event; what was accepted     20004
//	                         before counts again afterwards
//	ban of an account        20005 and 43107, until it is lifted              both, but not that they go together
//	reminders (voice,        for any template; the result says                for long-term templates that offer it, voice
//	banner)                  acceptWithAudio and so on, the event accept      if asked for one alone; the event says accept
//	                                                                          or reject
//	templates of devices     20013; nobody can accept them                    wx.requestSubscribeDeviceMessage asks for them
//	keywords                 rules as published; extra keys are ignored,      the expressions are not published
//	                         characters are counted as code points
//	name keywords            no digits at all                                 digits beside other characters were refused;
//	                                                                          nothing on digits alone
//	client_msg_id            a repeat answers 0 and the same msgid            "sent once within 10 minutes"
//	review (40252)           raised and ended by verbs; what was held answers  picked by itself, decided within 30
//	                         no msgid                                         minutes; a msgid was announced
//	40241 and 43117          only as a fault                                  what counts as a repetition, and how many
//	                                                                          messages a user gets, is not published
//	47003 of template/send   "argument invalid! data.time5.value invalid"     seen since 2023; "time5.DATA is invalid" on
//	                         or "is empty"                                    the page
//	template messages        lose head, tail, emoji and line breaks, and end  so announced for 2023-05-04
//	                         after 20 characters
//	Page of bizsend          shown as a web address                           the pages contradict each other
//	client_msg_id of bizsend ignored                                          in an example only
//	miniprogram_state, lang  any value, without effect                        choose version and language
//	industry                 a change deletes no template; the 26th template  deletes those of the old industry; at
//	                         is 45026                                         most 25 templates
//	45015 and 45047          45015 after the time, 45047 after the count      mixed up at times
//	several triggers         the larger of what is left and what the new one  "not cumulative"
//	                         gives; the later end
//	agent of a message       any kf_account                                   not documented
//	customer-service types   a Mini Program may send text, image, link and    changes over time
//	                         card; a link of a service account is 45162
//	unknown msgtype          45162, as one that is not for the account        only the latter was seen; 40008 is possible
//	kf_id                    a number                                         text in a table, quoted in samples; numbers
//	                                                                          in answers
//	service cards            every change of a card is a notification         WeChat picks some, and their fields
//	states of a card         those of a public program for goods, also for    tables that were read in part
//	                         pick-up and virtual goods; parts of others;
//	                         what is not known is allowed
//	the same state again     85448 unless its table allows it, 85439 for      both codes, not which is for what
//	                         another that does not follow
//	card without a template  85434 before its activation, the event with      both, not when
//	                         -1003 after the template was deleted
//	number of a payment      known at once, or after Payment.KnownIn          "after a while"
//	time of a payment        to the minute; more than a day ago is 85438      85433, and 85438 seen by a user
//	refused card             changes are accepted; the event with -1004       code_state 10
//	ext_json                 members that WeChat names, if they are JSON      more, not published
//	payment                  opens a service account's customer-service       contradictory: none, 20 messages, or no
//	                         window only if Payment.Window says so            limit, and unreliable
//	text length              2048 bytes, then 45002; 2047 in a reply          not documented; seen by users
//	other lengths            title 256 bytes, address 2048 bytes, msgmenu 50  not documented
//	                         items
//	session key              kept for logins within 10 minutes, valid for     not documented
//	                         3 days
//	code exchange            an expired login code is 40029, OAuth 42003      not documented per call
//	OpenIDs of other         40003, and 49003 in calls about tags and the     both are documented
//	accounts                 blacklist
//	getpluginopenpid         40029 and 40163                                  numbers 1000-1022 without texts
//	risk rank                always 0                                         secret
//	content checks           find what App.AddContentRule says; more than     secret; no code for a longer text is
//	                         2500 characters are 45002                        documented
//	verdict of a file        pushed at once; the file is not fetched          within 30 minutes; an event may stay out
//	87020                    only as a fault                                  one address checked too often
//	61010                    after two hours; see User.OpenApp for visits     reported earlier, too
//	sub-merchants and WeCom  the shapes of the answers are made up            partly undocumented
//	sub-merchant of a call   both paths of a message and of typing take it,   one page has one path, one the other
//	                         and an unknown one is 45071
//	agents of sub-merchants  the account's own; 40097 for a sub-merchant made nothing on whose they are; 40097 was seen
//	                         without transfer_to_commkf
//	scene_id out of range    the event carries 4294967295                     seen by users
//	expire_seconds of a code 30 if left out; more than 30 days are 30 days    an older page; nothing
//	menu of the console      does not stop when a callback is set             reported
//	menu/get                 personalised menus oldest first; 46003 without   not documented
//	                         a menu of the API
//	current menu             shows every field of a button as it was sent     key or url; no table has the others
//	menu after a delete      can be made at once                              40028 was reported for a moment
//	number of personalised   not limited                                      65305, without a number
//	menus
//	addresses in a menu      any text                                         40054, 40055, 65317
//	pictures and places of   messages of the user, which open 48 hours        likely
//	a menu button
//	articles in a menu       any article_id is a published one; the address   not documented
//	                         that its tap opens is made up
//	codes                    pictures that only User.ScanPicture can read     real codes
//	cq of a link             stands in for the query                          how they merge is not documented
//	links and code pages     any page exists, unless AppConfig.Pages says     the released version
//	media                    sizes of the newest page                         other pages say 2 MB for images
//	uploads                  without a boundary in the header the body's      so taken from a client; how is not known
//	                         first line is the delimiter
//	media types              judged by the file name, not by the content      not documented
//	permanent material       articles (news) cannot be made; a video's title  more kinds, own title and description
//	                         is its file name
//	pushes                   delivered one at a time, in order; tried again   order is not promised; the spacing of
//	                         after an error or a status other than 200,       the tries is not documented
//	                         5 s after the try before
//	a wrong reply            the user reads that the service is out of order  so documented
//	news in a reply          the first article is shown                       one or up to eight
//	JSON pushes              CreateTime is a number; MsgID, ErrorCode and     both forms of CreateTime were seen
//	                         PopupScene are strings
//	subscription events      in the shape of real pushes, or in any that      samples that contradict each other and the
//	                         Callback.Shape names                             pushes that users have seen
//	callback                 any host and port                                port 80 of http, 443 of https
//	events, messages         those that verbs cause; any other by PushRaw,    many more
//	                         which opens no window
//	tag of an unfollower     removed                                          not documented
//	linking accounts         at once; to unlink what is not linked is 40013   administrators confirm; no code is
//	                                                                          documented
//	feedback                 any number on a page, the newest first           no limit is documented; the order was
//	                                                                          seen by a user
//	authorisation page       App.AuthorizeTo stands for it                    a browser page
//	signed calls             AES256_GCM with RSAwithSHA256; others as a test  SM4_GCM and SM2withSM3 as well
//	                         gives them to Security, in Go only
//	verification             ends at once with App.Verify, and with it       how long rights last is not documented,
//	                         templates, customer service, bizsend, QR codes   nor which calls need it, all in all
//	                         and tags
//	admission by the         accounts may do all that their kind may do       categories, approvals
//	administrators
package emulator

// A map of the inside, for who works on it. File names begin with the floor that the code is on. Code calls what is on its
// own floor and below; floors_test.go holds that. Types cross the floors: an App, a member and the world are made of what
// each area keeps of them.
//
//	api_      the door for WeChat's calls: HTTP or in memory, faults, checks of the route, the table of routes
//	state_    the whole: made (New, AddMiniProgram), saved, loaded
//	view_     what is shown of it: Snapshot, feeds, HAR, golden files
//	          ---------------------------------------------------------------------------------------------
//	access_   who may call, and how often: tokens, quotas, logins, OAuth, third-party platforms, signed calls
//	message_  what is sent by template: templates, consents, pop-ups, service cards, and the phone's inbox
//	desk_     customer service: chats and their windows, agents, replies to pushes, menus
//	people_   followers, tags, the blacklist, feedback, content checks
//	link_     codes and links, linked accounts
//	media_    files
//	          ---------------------------------------------------------------------------------------------
//	push_     callbacks: what is pushed, in which shape, encrypted, tried again; what the answer says
//	          ---------------------------------------------------------------------------------------------
//	core_     Server and its lock, clock, courier (what is due when), App, User, ids, the frame of a call and
//	          of an answer, JSON as WeChat reads it, the record with its mask, faults as they are planted
//
// A call: api_serve.go reads the request and asks core_fault.go; api_dispatch.go finds the route and checks what it declares;
// the area's handler answers with c.data or c.fail; core_record.go notes the call; pushes that it caused go out.
//
// A push: a verb or a handler queues it (push_event.go, push_deliver.go); the courier runs it; what the callback answers
// goes to the chat that it is about (desk_reply.go).
//
// State: an area declares appX, memberX and worldX where it keeps something of an account, of a user of an account, or of
// neither. Fields with a name in JSON are saved; state_fields_test.go wants a reason for those without. A new endpoint is a
// route in its area's list with its handler; a new field is a line in its area's struct.
