// Package content has texts, pictures and sounds of a Mini Program's users checked by WeChat (内容安全) before others see
// them, or before somebody answers.
//
//	verdict, err := checks.CheckText(ctx, &content.Text{
//		OpenID: user, Scene: content.Comment, Content: comment,
//	})
//	switch {
//	case errors.Is(err, content.ErrUserAway): // was not in the Mini Program lately: ask the user to come back
//	case err != nil:                          // not checked
//	case verdict.Advice.Passed():             // show it
//	default:                                  // keep it back, or let somebody look at it
//	}
//
// An error says that nothing was checked. Whether a text is then shown (fail open) or kept back (fail closed) is the
// program's choice; what other users get to read is better kept back. Success says that the check took place, not that
// the content is clean: that is what [Verdict.Advice] is for.
//
// A text has its verdict at once. Of a picture or sound [Client.CheckMedia] returns a trace id only; the verdict comes as an
// event, callback.MediaChecked, whose Suggest and Label have the types of this package. Keep the trace id beside the
// object that is checked: the event names nothing else, WeChat has no call that asks for a verdict, and an event may
// stay out. If there is none after [MediaDeadline], check the object again.
//
// # The user must be there
//
// WeChat checks only what comes from a user who has been in this Mini Program within the last two hours; visits in the
// developer tools do not count. Check when the user submits something, not in a job at night. [ErrUserAway] says that the
// rule is broken.
//
// # What a check does not do
//
// It is for Mini Programs and mini games; a service account's token gives [errcode.APIUnauthorized]. It judges the
// content, oauth.Client.RiskRank the person. A text that passed may still be refused when it is sent as a message.
// WeChat's older calls, which judge without a user, are not offered: they have not been developed since 2021.
package content
