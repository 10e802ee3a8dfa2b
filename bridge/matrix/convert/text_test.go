package convert_test

import (
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
)

// A mistyped command must not reach the visitor, and nothing else may be kept back.
func TestCommandsAreFoundByTheirFirstLetter(t *testing.T) {
	for body, want := range map[string]string{
		"!name Ivan":     "",
		"!\u0418мя":      "",
		"\u200b\n !name": "",
		"! name":         "! name",
		"!":              "!",
		"!1":             "!1",
		"!!name":         "!name",
		"!!!name":        "!!name",
		"!!!":            "!!!",
		"!! wow":         "!! wow",
		"a !name":        "a !name",
		"![alt](x)":      "![alt](x)",
	} {
		in := convert.FromMatrix(rawEvent(t, "m.room.message", map[string]any{"msgtype": "m.text", "body": body}))
		switch {
		case want == "" && (in.Verdict != convert.Internal || in.Reason != convert.ReasonCommand):
			t.Errorf("%q: %s %s, want a command", body, in.Verdict, in.Reason)
		case want != "" && (in.Verdict != convert.Deliver || in.Content.Text != want):
			t.Errorf("%q: %s %q, want %q", body, in.Verdict, in.Content.Text, want)
		}
	}
}

func TestLongTextIsDeliveredWhole(t *testing.T) {
	body := strings.Repeat("длинно ", 5000)
	in := convert.FromMatrix(rawEvent(t, "m.room.message", map[string]any{"msgtype": "m.text", "body": body}))
	if in.Content.Text != body {
		t.Errorf("%d of %d bytes are left", len(in.Content.Text), len(body))
	}
}
