package dialog

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bot/gpt"
	"github.com/anteroom-chat/anteroom/bot/gpt/tokens"
)

// The parts of a dialog are its last lines, whole and in order, each part small
// enough to be summed up; of what is left out there is only a beginning.
func TestADialogIsSummedUpInParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 900), 0, 200).Draw(t, "sizes")
		lines := make([]gpt.Line, len(sizes))
		for i, n := range sizes {
			lines[i] = gpt.Line{By: gpt.ByVisitor, Text: strings.Repeat("tea ", n)}
		}
		parts, left := inParts(lines)
		if all := slices.Concat(parts...); !slices.Equal(all, lines[left:]) {
			t.Fatalf("%d lines became %d behind %d", len(lines), len(all), left)
		}
		if len(parts) > sumParts || left > 0 && len(parts) < sumParts {
			t.Fatalf("%d parts, and %d lines left out", len(parts), left)
		}
		for _, part := range parts {
			cost := 0
			for _, l := range part {
				cost += perSummed + tokens.Estimate(l.Text)
			}
			if len(part) == 0 || cost > sumPart && len(part) > 1 {
				t.Fatalf("a part has %d lines and %d tokens", len(part), cost)
			}
		}
	})
}
