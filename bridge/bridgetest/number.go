package bridgetest

import (
	"os"
	"strconv"
	"testing"
)

// Number is the whole number in an environment variable, or another one where that is
// empty; anything else there ends the test.
func Number(t testing.TB, name string, otherwise int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return otherwise
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
