// Package verdict has the words in which WeChat judges content, for the call that checks a text and for the event
// that brings the outcome of a check of media.
package verdict

import "strconv"

// Advice is what WeChat's check advises to do with a content (suggest). WeChat may send others than the constants.
type Advice string

// The advice that is known.
const (
	Pass   Advice = "pass"   // nothing was found
	Review Advice = "review" // somebody should look at it
	Risky  Advice = "risky"  // it breaks the rules
)

// Passed reports whether nothing was found. It is false for everything else: for advice that nobody knows yet, and for
// none at all, as a check that failed leaves it.
func (a Advice) Passed() bool { return a == Pass }

// Label is the kind of content that a check found. WeChat may send others than the constants.
type Label int

// The labels. Those marked with "text" come from checks of texts only.
const (
	Normal      Label = 100
	Advertising Label = 10001 // text
	Politics    Label = 20001
	Pornography Label = 20002
	Abuse       Label = 20003 // text
	Crime       Label = 20006
	Fraud       Label = 20008 // text
	Vulgarity   Label = 20012 // text
	Copyright   Label = 20013 // text
	Other       Label = 21000
)

var labelNames = map[Label]string{
	Normal: "normal", Advertising: "advertising", Politics: "politics", Pornography: "pornography", Abuse: "abuse",
	Crime: "crime", Fraud: "fraud", Vulgarity: "vulgarity", Copyright: "copyright", Other: "other",
}

// String returns the label in words, such as "advertising", and the number of one that is not known.
func (l Label) String() string {
	if name, ok := labelNames[l]; ok {
		return name
	}
	return "label " + strconv.Itoa(int(l))
}
