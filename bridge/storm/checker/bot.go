package main

import (
	"fmt"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// botsWords: all that the bot said is in the room exactly once, in the journal's order, and
// it said all that it was asked to, once.
func botsWords(r *recording, f *findings) {
	for _, d := range r.sorted() {
		var before place
		said := "" // the entry that it was
		for _, e := range r.journal.ofDialog[d.visitor] {
			if e.party != "bot" || e.kind != "message" || e.redacted {
				continue
			}
			at := r.at(e.id)
			if len(at) == 0 {
				if !r.lostItself(r.eventOf(e.id)) {
					f.add("dialog %d: the bot's %q (%s) is not in the room", d.number, e.text, e.id)
				}
				continue
			}
			if said != "" && r.behind(before, at[0]) && !r.saidAgain(before, d.heard(said)) {
				f.add("dialog %d: the bot's %q is in the room before what it said earlier, %q", d.number, e.text, before.content.Body)
			}
			before, said = at[0], e.id
		}
		if count := botsCount(r, d); len(count) > 0 && !r.countsAnew(d) {
			for _, wrong := range count {
				f.add("dialog %d: %s", d.number, wrong)
			}
		}
	}
}

// botsCount: the storm's chain counts. To the visitor's n-th "begin" it says "bot n: first"
// and then, unless something is said meanwhile, "bot n: second". A turn that was taken
// twice, or never, shows by the numbers. It returns what is wrong with them.
func botsCount(r *recording, d *dialog) (wrong []string) {
	most, least := 0, 0
	for _, m := range d.said {
		if m.ack == nil || m.Op != record.Message || !strings.HasSuffix(m.Text, " begin") {
			continue
		}
		if most++; r.want(d, m) == m.Text { // one that was edited or removed may have been so before the bot heard it
			least++
		}
	}
	n, second := 0, false
	for _, e := range r.journal.ofDialog[d.visitor] {
		if e.party != "bot" || e.kind != "message" {
			continue
		}
		switch e.text {
		case fmt.Sprintf("bot %d: first", n+1):
			n, second = n+1, false
		case fmt.Sprintf("bot %d: second", n):
			if second {
				wrong = append(wrong, fmt.Sprintf("the bot said %q twice", e.text))
			}
			second = true
		default:
			return append(wrong, fmt.Sprintf("the bot said %q when it had said as much as %d times", e.text, n))
		}
	}
	if n < least || n > most {
		wrong = append(wrong, fmt.Sprintf("the bot began %d times, and was asked to %d to %d times", n, least, most))
	}
	return wrong
}
