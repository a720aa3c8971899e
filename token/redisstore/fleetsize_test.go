//go:build !race

package redisstore_test

// fleetSize is how many processes a fleet has.
const fleetSize = 8
