//go:build race

package redisstore_test

// fleetSize is how many processes a fleet has. The race detector looks at each process for itself, and a machine with two
// cores is slow with eight of them under it.
const fleetSize = 3
