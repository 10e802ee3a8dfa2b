package dialog

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/store"
)

// hangs is the address of a host that takes connections and never says anything; each
// that comes is told of.
func hangs(t *testing.T) (address string, came chan struct{}) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	came = make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			all = append(all, conn)
			came <- struct{}{}
		}
		for _, conn := range all {
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return "https://" + listener.Addr().String(), came
}

// enters is another visitor of the site.
func (c *core) enters(t *testing.T, n int) *core {
	t.Helper()
	in, err := c.Enter(t.Context(), "shop", fmt.Sprintf("%043d", n), store.Device{})
	must(t, err)
	return &core{c.Service, in, c.store}
}

// Pictures of a host that hangs, each of an address of its own, do not hold up all workers:
// others are answered meanwhile, and those who wait for pictures later.
func TestPicturesThatHangHoldUpNoOthers(t *testing.T) {
	host, came := hangs(t)
	c := newBot(t, map[string]string{
		"picture": "on: [ { keywords: [picture] } ]\nsteps:\n  - image: \"" + host + "/{{ last_message }}.png\"\n  - say: Look\n",
		"word":    "on: [ { keywords: [word] } ]\nsteps:\n  - say: Here\n",
	})
	c.bot.shelf.patience = time.Minute // so that nothing of it is over before the test is
	t.Cleanup(running(t, c))
	for n := range 2 * botWorkers {
		c.enters(t, n).says(t, "client-1", fmt.Sprintf("picture %d", n))
	}
	for range siteWaiting {
		<-came
	}
	other := c.enters(t, 100)
	other.says(t, "client-1", "word")
	deadline := time.After(c.bot.shelf.patience / 2)
	heard := make(chan struct{}, 1)
	defer other.Listen(other.in, &woken{news: heard})()
	for len(other.told(t)) == 0 {
		select {
		case <-heard:
		case <-deadline:
			t.Fatal("who asked for a word waits for the pictures of others")
		}
	}
	other.hears(t, "Here")
	if n := len(came); n > 0 {
		t.Errorf("%d more were asked for of the host", n)
	}
}

// woken is a connection that is told of news.
type woken struct {
	silent
	news chan struct{}
}

func (w *woken) Wake() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// A turn that finds too many waiting is taken anew, and shows what it was to show.
func TestATurnWaitsForItsPlace(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": "on: [ { keywords: [hi] } ]\nsteps:\n  - image: https://127.0.0.1:1/a.png\n  - say: Hello\n"})
	var leave []func()
	for range siteWaiting {
		one, ok := c.bot.shelf.wait("shop")
		if !ok {
			t.Fatal("there is no place")
		}
		leave = append(leave, one)
	}
	if elsewhere, ok := c.bot.shelf.wait("garden"); !ok {
		t.Error("another site has no place")
	} else {
		elsewhere()
	}
	c.says(t, "client-1", "hi")
	more, pause, err := c.takeTurn(t.Context(), c.in.Visitor, &turning{})
	if !more || pause != mediaPause || err != nil {
		t.Fatalf("more %t, in %s, %v", more, pause, err)
	}
	c.hears(t)
	for _, one := range leave {
		one()
	}
	c.hear(t)
	c.hears(t, "Hello") // nothing listens there
	if len(c.bot.shelf.waiting) > 0 {
		t.Errorf("there wait %v", c.bot.shelf.waiting)
	}
}

// Nobody waits for a place for ever: the words go on without the picture.
func TestATurnThatHasWaitedForItsPlaceGoesOnWithoutIt(t *testing.T) {
	c := newBot(t, map[string]string{"greeting": "on: [ { keywords: [hi] } ]\nsteps:\n  - image: https://127.0.0.1:1/a.png\n  - say: Hello\n"})
	for range siteWaiting {
		leave, _ := c.bot.shelf.wait("shop")
		defer leave()
	}
	c.says(t, "client-1", "hi")
	d := &turning{}
	if more, _, err := c.takeTurn(t.Context(), c.in.Visitor, d); !more || err != nil || d.waits.IsZero() {
		t.Fatalf("more %t, since %s, %v", more, d.waits, err)
	}
	d.waits = d.waits.Add(-c.bot.shelf.patience)
	if _, _, err := c.takeTurn(t.Context(), c.in.Visitor, d); err != nil || !d.waits.IsZero() {
		t.Fatalf("since %s, %v", d.waits, err)
	}
	c.hears(t, "Hello")
}
