//go:build !race

package bridgetest

// RaceEnabled says whether the tests, and the programs that they build, have the race detector.
const RaceEnabled = false
