package wechat

// MiniProgramVersion is the version of a Mini Program that a message or a link opens: WeChat's env_version of links and
// codes, and miniprogram_state of messages, where it has other words for two of the three. The versions that are not
// published open only for those who may use them. Others than the constants are sent as they are.
type MiniProgramVersion string

// The versions. "" leaves the choice to WeChat, which takes the published one.
const (
	VersionRelease MiniProgramVersion = "release" // published (正式版)
	VersionTrial   MiniProgramVersion = "trial"   // trial (体验版)
	VersionDevelop MiniProgramVersion = "develop" // in development (开发版)
)
