package jsapi

// SignAt is Sign with everything given, SignCardAt is SignCard.
var (
	SignAt     = sign
	SignCardAt = signCard
)
