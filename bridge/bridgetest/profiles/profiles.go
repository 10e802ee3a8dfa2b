// Package profiles says where processes that tests and benchmarks start leave what the
// processor and the memory were used for. The profile that "go test" takes is of the
// process that measures, and not of the bridge, which is another.
package profiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

// Folder makes a folder for the profiles of one process, named so and numbered, in the one
// that the environment names; "" if it names none.
func Folder(tb testing.TB, name string) string {
	tb.Helper()
	all := os.Getenv(killpoint.Profiles)
	if all == "" {
		return ""
	}
	if err := os.MkdirAll(all, 0o750); err != nil {
		tb.Fatal(err)
	}
	for n := 1; ; n++ {
		folder := filepath.Join(all, fmt.Sprintf("%s-%d", filepath.Base(name), n))
		err := os.Mkdir(folder, 0o750)
		if err == nil {
			return folder
		}
		if !errors.Is(err, fs.ErrExist) {
			tb.Fatal(err)
		}
	}
}
