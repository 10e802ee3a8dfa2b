package storm_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// fault is one kind of trouble. It returns when its worst is over; what goes on for a
// while (a network's trouble) does so while people and the next faults go on.
type fault struct {
	name   record.Op
	weight int
	do     func(ctx context.Context, s *storm, dice *rand.Rand)
}

func faults() []fault {
	return []fault{
		{"bridge-killed", 6, killBridge},
		{"homeserver-killed", 3, killHomeserver},
		{"both-killed", 1, killBoth},
		{"bridge-paused", 3, pauseBridge},
		{"homeserver-paused", 3, pauseHomeserver},
		{"visitors-slow", 3, wiresBe(wiresSlow)},
		{"visitors-half-open", 3, wiresBe(wiresHeld)},
		{"visitors-refused", 2, func(ctx context.Context, s *storm, dice *rand.Rand) {
			wiresBe(wiresRefused)(ctx, s, dice)
			if s.visitors.cut() {
				s.visitors.hit()
			}
		}},
		{"visitors-cut", 4, func(_ context.Context, s *storm, _ *rand.Rand) { s.idle = !s.visitors.cut() }},
		{"posts-late", 2, posted(late)},
		{"posts-cut", 2, posted(cutOff)},
		{"posts-answer-lost", 2, posted(lostAnswer)},
		{"posts-twice", 2, posted(twice)},
		{"posts-again", 2, posted(again)},
		{"posts-half-open", 1, posted(held)},
		{"to-homeserver-late", 3, outward(late)},
		{"to-homeserver-cut", 3, outward(cutOff)},
		{"to-homeserver-answer-lost", 3, outward(lostAnswer)},
		{"to-homeserver-twice", 3, outward(twice)},
		{"to-homeserver-again", 3, outward(again)},
		{"to-homeserver-half-open", 2, outward(held)},
		{"to-bridge-late", 3, inward(late)},
		{"to-bridge-cut", 2, inward(cutOff)},
		{"to-bridge-answer-lost", 3, inward(lostAnswer)},
		{"to-bridge-twice", 3, inward(twice)},
		{"to-bridge-again", 3, inward(again)},
		{"to-bridge-half-open", 1, inward(held)},
		{"homeserver-says-429", 3, outward(refuse(http.StatusTooManyRequests))},
		{"homeserver-says-500", 3, outward(refuse(http.StatusInternalServerError))},
		{"homeserver-says-502", 2, outward(refuse(http.StatusBadGateway))},
		{"homeserver-says-garbage", 3, outward(garbage)},
		{"homeserver-stalls", 2, stall},
		{"homeserver-lies-about-time", 3, lie},
		{"clock-jumps", 4, jump},
		{"database-locked", 4, lock},
		{"disk-full", 3, fill},
		{"database-full", 2, fillDatabase},
		{"database-restored", 2, restoreDatabase},
		{"homeserver-restored", 1, restoreHomeserver},
		{"room-upgraded", 2, inRoom(upgrade)},
		{"room-deleted", 1, inRoom(remove)},
		{"ghost-kicked", 3, inRoom(kick)},
		{"encryption-on", 1, inRoom(encrypt)},
		{"poison", 4, inRoom(poison)},
		{"crowd", 2, crowd},
	}
}

// lengthy are faults after which it takes up to minutes until all is as it was. In a storm
// of less than that nothing else would be seen.
func lengthy() []record.Op {
	return []record.Op{"database-restored", "homeserver-restored", "room-upgraded", "room-deleted"}
}

// between is how long it is quiet between two faults, at most: in a long storm longer, for
// while something fails little is said, and it is what people say that is to be proved.
func (s *storm) between() time.Duration {
	const short, long = 2500 * time.Millisecond, 5 * time.Second
	if s.long {
		return long
	}
	return short
}

// fault lets one thing fail.
func (s *storm) fault(ctx context.Context, dice *rand.Rand) {
	if !pause(ctx, time.Duration(dice.Int64N(int64(s.between())))) {
		return
	}
	all, sum := faults(), 0
	if !s.long {
		all = slices.DeleteFunc(all, func(f fault) bool { return slices.Contains(lengthy(), f.name) })
	}
	if only := os.Getenv("STORM_FAULTS"); only != "" { // to look into one kind
		all = slices.DeleteFunc(faults(), func(f fault) bool { return !slices.Contains(strings.Split(only, ","), string(f.name)) })
	}
	if !s.small {
		all = slices.DeleteFunc(all, func(f fault) bool { return f.name == "disk-full" })
	}
	for _, f := range all {
		sum += f.weight
	}
	if sum == 0 {
		s.Fatalf("nothing can fail: no fault is named %q, or none of them can be made here", os.Getenv("STORM_FAULTS"))
	}
	at := dice.IntN(sum)
	for _, f := range all {
		if at -= f.weight; at < 0 {
			began := time.Now()
			s.doing = f.name
			f.do(ctx, s, dice)
			if idle := s.idle; idle || strings.HasSuffix(string(f.name), "-restored") { // those say so themselves
				s.idle, s.struck = false, opened{}
				return
			}
			s.failed(f.name, began)
			return
		}
	}
}

// failed records a fault that is over, or goes on.
func (s *storm) failed(name record.Op, began time.Time) {
	s.faults++
	s.kinds[name]++
	s.tell(name, began)
	s.struck = opened{}
}

// goesOn says that the present fault goes on while others come, and counts when it is over.
func (s *storm) goesOn() { s.idle = true }

// collect counts the trouble that is over.
func (s *storm) collect() {
	for _, network := range []interface{ ended() []spell }{s.visitors, s.posted, s.outward, s.inward} {
		for _, over := range network.ended() {
			s.failed(over.name, over.began)
		}
	}
}

// tell writes down what failed.
func (s *storm) tell(name record.Op, began time.Time) {
	s.out.Write(record.Line{Kind: record.Fault, Op: name, Took: time.Since(began).Milliseconds(), Room: string(s.struck.room)})
}

// span is how long a trouble lasts.
func span(dice *rand.Rand) time.Duration {
	const least, more = 500, 4000
	return time.Duration(least+dice.IntN(more)) * time.Millisecond
}

func killBridge(ctx context.Context, s *storm, dice *rand.Rand) {
	s.KillBridge(s.T)
	pause(ctx, time.Duration(dice.IntN(1000))*time.Millisecond)
	s.StartBridge(s.T, "")
}

func killHomeserver(ctx context.Context, s *storm, dice *rand.Rand) {
	s.killHomeserver()
	pause(ctx, time.Duration(dice.IntN(1000))*time.Millisecond)
	s.revive()
}

func killBoth(ctx context.Context, s *storm, dice *rand.Rand) {
	began := time.Now()
	s.KillBridge(s.T)
	s.killHomeserver()
	pause(ctx, time.Duration(dice.IntN(1000))*time.Millisecond)
	if dice.IntN(2) == 0 { // the bridge comes back before its homeserver
		s.StartBridge(s.T, "")
		s.revive()
	} else {
		s.revive()
		s.StartBridge(s.T, "")
	}
	s.tell("homeserver-killed", began) // a part of this one
}

func (s *storm) killHomeserver() {
	if err := s.Homeserver.Kill(); err != nil {
		s.Errorf("kill the homeserver: %v", err)
	}
}

// revive starts the homeserver, as its supervisor does.
func (s *storm) revive() {
	if err := s.Homeserver.Restart(context.WithoutCancel(s.Context())); err != nil {
		s.Fatalf("restart the homeserver: %v", err)
	}
}

// supervise starts a homeserver that died by itself. A bridge must not.
func (s *storm) supervise() {
	select {
	case <-s.Homeserver.Done():
		began := time.Now()
		s.revive()
		s.failed("homeserver-died", began)
	default:
	}
	if !s.Alive() {
		s.Fatal("the bridge died by itself")
	}
}

func pauseBridge(ctx context.Context, s *storm, dice *rand.Rand) {
	stopFor(ctx, s.BridgePID(), span(dice))
}

func pauseHomeserver(ctx context.Context, s *storm, dice *rand.Rand) {
	stopFor(ctx, s.Homeserver.PID(), span(dice))
}

func stopFor(ctx context.Context, pid int, span time.Duration) {
	_ = syscall.Kill(pid, syscall.SIGSTOP) // one that just died is seen to by supervise
	pause(ctx, span)
	_ = syscall.Kill(pid, syscall.SIGCONT)
}

func wiresBe(state wireState) func(context.Context, *storm, *rand.Rand) {
	return func(_ context.Context, s *storm, dice *rand.Rand) {
		s.goesOn()
		s.visitors.be(s.doing, state, span(dice))
	}
}

func outward(do trouble) func(context.Context, *storm, *rand.Rand) {
	return through(do, func(s *storm) *requests { return s.outward })
}

func inward(do trouble) func(context.Context, *storm, *rand.Rand) {
	return through(do, func(s *storm) *requests { return s.inward })
}

func posted(do trouble) func(context.Context, *storm, *rand.Rand) {
	return through(do, func(s *storm) *requests { return s.posted })
}

// through gives trouble to some of the requests on one of the networks.
func through(do trouble, on func(*storm) *requests) func(context.Context, *storm, *rand.Rand) {
	return func(_ context.Context, s *storm, dice *rand.Rand) {
		s.goesOn()
		on(s).be(s.doing, do, share(dice), span(dice))
	}
}

// share is how many of a hundred requests are hit.
func share(dice *rand.Rand) int {
	const least, more = 20, 81
	return least + dice.IntN(more)
}

// heal ends all trouble.
func (s *storm) heal() {
	s.visitors.be("", wiresWell, 0)
	s.posted.be("", nil, 0, 0)
	s.outward.be("", nil, 0, 0)
	s.inward.be("", nil, 0, 0)
	s.collect()
	s.setClock(0)
	s.supervise()
}
