package bot

import "github.com/anteroom-chat/anteroom/bot/chain"

// Doing returns the run that the visitor talks with, else the one that began last of
// those that go on beside that; nil when nothing is under way. What is held does not count.
func (s *State) Doing() (doing *chain.Run) {
	for _, r := range s.Runs {
		if r.Held {
			continue
		}
		if doing == nil || foreground(r) || !foreground(doing) {
			doing = r
		}
	}
	return doing
}
