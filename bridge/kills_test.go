package bridge_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
)

const (
	// killSeed fixes who says what and what dies when; KILL_SEED sets another.
	killSeed = 20261122
	// killRounds is how often the bridge is killed; KILL_ROUNDS sets another number.
	killRounds = 46
	// leastKills is the least number of kills, of bridge and homeserver together, of an ordinary run.
	leastKills = 50
	// killPatience is longer than the longest pause of a Dendrite that could
	// not push (64 s) together with its second try at a push that broke off (30 s).
	killPatience = 100 * time.Second
	// talking is how many dialogs talk at a time; the older ones fall silent.
	talking = 4
)

// anywhere stands for a kill at no point in particular.
const anywhere killpoint.Point = "anywhere"

// TestKills kills the bridge at every durable step and the homeserver at
// random, again and again, while visitors talk with an operator, and some with a
// chain of the bot. In the end everything that was acknowledged has arrived on the other side: nothing is
// lost, nothing is there twice, nothing is out of order.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	t.Parallel()
	rounds := bridgetest.Number(t, "KILL_ROUNDS", killRounds)
	seed := bridgetest.Number(t, "KILL_SEED", killSeed)
	t.Logf("seed %d, %d rounds", seed, rounds)
	s := newKillTest(t, uint64(seed)) // #nosec G115 -- any number is a seed
	for s.round < rounds {
		for _, p := range s.cycle() {
			if s.round < rounds {
				s.play(p)
			}
		}
	}
	s.calm()
	s.report()
	if kills := s.kills(); rounds >= killRounds && kills < leastKills {
		t.Errorf("only %d kills", kills)
	}
}

type killTest struct {
	*testing.T
	*bridgetest.Stack
	anna  *bridgetest.Operator
	dice  *rand.Rand
	talks []*killTalk
	chats []*killChat
	asked *askedServer
	round int
	files int
	hands sync.WaitGroup

	killed map[killpoint.Point]int
	// outages are the kills of the homeserver; tearing is under way while locked.
	tearing sync.Mutex // guards outages and crashes too
	outages []time.Time
	crashes int // of the homeserver by its own fault
	repair  sync.WaitGroup

	// looked is when the operator last looked for rooms that are hidden from her,
	// missing what she missed then, hidden how many she brought back.
	looked  time.Time
	missing map[id.RoomID]event.Membership
	hidden  int
}

func newKillTest(t *testing.T, seed uint64) *killTest {
	t.Helper()
	asked := newAskedServer(t)
	s := &killTest{
		T: t, Stack: bridgetest.Start(t, bridgetest.Options{Site: asked.site(t)}), asked: asked, killed: map[killpoint.Point]int{},
		dice: rand.New(rand.NewPCG(seed, 0)), // #nosec G404 -- a test that can be repeated needs dice that can
	}
	s.anna = s.Operator(t)
	s.anna.Space(t)
	t.Cleanup(func() {
		s.hands.Wait()
		s.repair.Wait()
		for _, talk := range s.all() {
			for _, open := range talk.open(s) {
				t.Log(open)
			}
		}
	})
	s.StopBridge(t)
	for range chatting {
		s.chats = append(s.chats, s.newChat())
	}
	return s
}

// cycle is all points in a random order. Those of a room's creation need a
// new visitor each, so they come in the first cycle and in few others.
func (s *killTest) cycle() []killpoint.Point {
	const every = 8
	first := s.round == 0
	points := killPoints()
	if !first && s.dice.IntN(every) != 0 {
		points = slices.DeleteFunc(points, makesRoom)
	}
	s.dice.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	if first { // there has to be somebody before anything can happen
		slices.SortStableFunc(points, func(a, b killpoint.Point) int { return rank(a) - rank(b) })
	}
	return points
}

// killPoints are all points at which the bridge is killed.
func killPoints() []killpoint.Point {
	return slices.Concat(killpoint.All(), killpoint.Turns(), []killpoint.Point{anywhere})
}

func makesRoom(p killpoint.Point) bool {
	return p == killpoint.BeforeCreate || p == killpoint.AfterCreate || p == killpoint.AfterRoomKnown
}

// rank puts rounds that bring a new visitor first.
func rank(p killpoint.Point) int {
	if makesRoom(p) || p == killpoint.AfterAppend {
		return 0
	}
	return 1
}

// play starts the bridge armed, lets people talk until it is dead at that
// point, and leaves it dead: the next start is the recovery.
func (s *killTest) play(p killpoint.Point) {
	s.round++
	first := s.round <= 1+rank(anywhere)*talking
	if makesRoom(p) || first && p == killpoint.AfterAppend {
		s.talks = append(s.talks, s.newTalk(len(s.talks)))
	}
	times := 1
	if !makesRoom(p) && p != killpoint.AfterUpload && !first {
		const most = 3
		times += s.dice.IntN(most)
	}
	began := time.Now()
	s.StartBridge(s.T, "", killpoint.Env+"="+fmt.Sprintf("%s:%d", p, times))
	for s.Alive() {
		s.batch(p)
		if p == anywhere {
			s.KillBridge(s.T)
		}
		s.await(fmt.Sprintf("round %d: the bridge dies at %s:%d, or all is quiet", s.round, p, times), func() bool {
			return !s.Alive() || s.connected() && s.settled()
		})
	}
	s.repair.Wait()
	s.killed[p]++
	s.Logf("round %d: killed at %s:%d after %s; the homeserver died %d times so far",
		s.round, p, times, time.Since(began).Round(time.Millisecond), s.outageCount())
}

// await waits as long as the homeserver may need.
func (s *killTest) await(what string, holds func() bool) {
	s.looked = time.Now()
	bridgetest.AwaitFor(s.T, killPatience, what, holds)
}

// outageCount is how often the homeserver died.
func (s *killTest) outageCount() int {
	s.tearing.Lock()
	defer s.tearing.Unlock()
	return len(s.outages)
}

// batch is a handful of things that people do, with a homeserver that may die in the middle.
func (s *killTest) batch(p killpoint.Point) {
	const least, spread = 4, 5
	things := least + s.dice.IntN(spread)
	outage := -1
	if s.dice.IntN(3) == 0 {
		outage = s.dice.IntN(things)
	}
	if p == killpoint.AfterUpload {
		s.file()
	}
	for i := range things {
		if i == outage {
			s.killHomeserver()
		}
		s.connected()
		s.pick().say(s)
		s.pick().answer(s)
		for _, c := range s.chats {
			c.begin()
		}
		for _, t := range s.talks {
			t.goOn(s)
		}
	}
}

// pick chooses one of the dialogs that talk.
func (s *killTest) pick() *killTalk {
	from := max(0, len(s.talks)-talking)
	return s.talks[from+s.dice.IntN(len(s.talks)-from)]
}

// file sends a file of a visitor, once the bridge is known to live.
func (s *killTest) file() {
	t := s.pick()
	tab := t.tabs[0]
	bridgetest.Await(s.T, "the file's visitor is connected", func() bool { return !s.Alive() || s.connected() })
	if !s.Alive() || !s.quiet() {
		return // one of before is on its way and will do
	}
	s.files++
	name := fmt.Sprintf("file-%04d.txt", s.files)
	m := &said{tab: tab, text: name, want: name}
	m.cid = tab.SendFile(s.T, name, []byte("the content of "+name))
	t.visitor = append(t.visitor, m)
}

// killHomeserver lets the homeserver die and come back while everybody goes on.
func (s *killTest) killHomeserver() {
	s.repair.Go(func() {
		s.tearing.Lock()
		defer s.tearing.Unlock()
		s.outages = append(s.outages, time.Now())
		if err := s.Homeserver.Kill(); err != nil {
			s.Errorf("kill the homeserver: %v", err)
		}
		s.reviveHomeserver()
	})
}

// reviveHomeserver starts the homeserver, as its supervisor does: again, when
// it stumbles over its own remains (Dendrite 0.15.2 may panic while it starts).
func (s *killTest) reviveHomeserver() {
	const tries = 30
	for try := 1; ; try++ {
		err := s.Homeserver.Restart(s.Context())
		if err == nil || s.Context().Err() != nil {
			return
		}
		s.crashes++
		if try == tries {
			s.Errorf("restart the homeserver: %v", err)
			return
		}
	}
}

// supervise starts a homeserver that died by itself.
func (s *killTest) supervise() {
	if !s.tearing.TryLock() {
		return
	}
	defer s.tearing.Unlock()
	select {
	case <-s.Homeserver.Done():
		s.crashes++
		s.outages = append(s.outages, time.Now())
		s.reviveHomeserver()
	default:
	}
}

// connected connects every tab that is not, as widgets do, and reports whether all are.
func (s *killTest) connected() bool {
	s.supervise()
	all := true
	for _, t := range s.all() {
		for _, tab := range t.tabs {
			if !tab.Connected() && tab.Connect(s.Context()) != nil {
				all = false
			}
		}
	}
	return all
}

// quiet reports whether everything that was said has arrived.
func (s *killTest) quiet() bool {
	return !slices.ContainsFunc(s.chats, func(c *killChat) bool { return !c.quiet(s) }) &&
		!slices.ContainsFunc(s.talks, func(t *killTalk) bool { return !t.quiet(s) })
}

// calm lets everything settle and compares.
func (s *killTest) calm() {
	s.StartBridge(s.T, "")
	s.await("all that was planned is done", func() bool {
		done := s.connected()
		for _, t := range s.talks {
			t.goOn(s)
			done = done && t.done()
		}
		return s.settled() && done
	})
	// Whatever is still on its way comes before these. The youngest dialog may
	// have had no word yet, so it has no room to answer in before the first ones.
	for _, t := range s.talks {
		t.say(s)
		t.visitor[len(t.visitor)-1].plan = nil
	}
	s.await("the visitors' last words arrive", s.settled)
	for _, t := range s.talks {
		t.answer(s)
		t.operator[len(t.operator)-1].plan = nil
	}
	s.await("the operator's last words arrive", s.settled)
	for _, t := range s.all() {
		close(t.hand)
	}
	s.hands.Wait()
	s.agree("both sides agree", s.differences)
	// A creation that broke off may leave a room with everything but its alias.
	// Nobody is in it but the bot, which leaves it at its next start, because the
	// dialog has another one by then.
	s.StopBridge(s.T)
	s.StartBridge(s.T, "")
	s.agree("each dialog has one room", s.rooms)
}

// agree waits until there are no differences, and reports those that stay.
func (s *killTest) agree(what string, differences func() []string) {
	var left []string
	deadline := time.Now().Add(killPatience)
	bridgetest.AwaitFor(s.T, 2*killPatience, what, func() bool {
		left = differences()
		return len(left) == 0 || time.Now().After(deadline)
	})
	for _, difference := range left {
		s.Error(difference)
	}
}

func (s *killTest) kills() int {
	n := len(s.outages)
	return n + s.killedInAll()
}
