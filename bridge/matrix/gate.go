package matrix

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/steady"
)

// isDown reports whether an error shows that the homeserver cannot serve
// anyone, and holds everyone back then. A 502 to 504 alone does not, nor a request that is
// not answered in time: Synapse answers so, or not, when another server does not answer it. Nor
// does what no homeserver says, which a proxy may say to one request: ours is asked first.
func (hs *homeserver) isDown(ctx context.Context, err error) bool {
	// Whoever was told to stop says nothing about the homeserver.
	if !isHomeserver(err) || ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return false
	}
	switch outcome(err) {
	case unauthorized:
	case down:
		if !hs.gate.isOpen() {
			return true // somebody else has asked
		}
		answers := status(err) != 0 || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errGarbage)
		if answers && !hs.gate.look(context.WithoutCancel(ctx)) {
			return false
		}
	case later, noRoom, refused:
		return false
	}
	hs.gate.close(err)
	return true
}

// isGone asks the homeserver whether it is there, and holds everyone back when it does not say so.
func (hs *homeserver) isGone(ctx context.Context) bool { return hs.gate.look(ctx) }

// probe asks the homeserver whether it is there and takes our token.
func (hs *homeserver) probe(ctx context.Context, bot id.UserID) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := hs.as(bot).Versions(ctx)
	if err != nil {
		return err
	}
	whoami, err := hs.as(bot).Whoami(ctx)
	if err == nil {
		_, err = named(whoami.UserID)
	}
	return err
}

// gate holds everyone back while the homeserver is down or refuses our token:
// one state and one probe for all, instead of a failing request for each.
type gate struct {
	log   zerolog.Logger
	bot   id.UserID
	probe func(context.Context, id.UserID) error
	// reopening is called before requests may pass again, and again if it
	// fails; reopened is called after.
	reopening func(context.Context) error
	reopened  func(context.Context)
	// closed is called each time that the homeserver is found to be down.
	closed func()

	mu      sync.Mutex
	refused bool          // the token is not taken
	open    chan struct{} // closed while requests may pass
	opened  time.Time     // when it was closed last
	shut    chan error    // wakes the keeper
}

// pass waits until requests may be made.
func (g *gate) pass(ctx context.Context) error {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	defer steady.Rest(ctx)()
	select {
	case <-open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isOpen reports whether the homeserver is believed to be there.
func (g *gate) isOpen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		return true
	default:
		return false
	}
}

// Standing is how the homeserver is to us.
type Standing int

// The standings.
const (
	Up        Standing = iota
	Preparing          // what it has to do at the start is not done yet
	Away               // it does not answer
	Refusing           // it does not take our token
)

// Standing returns how the homeserver is to us, as far as we know.
func (m *Matrix) Standing() Standing {
	g := &m.hs.gate
	g.mu.Lock()
	refused := g.refused
	g.mu.Unlock()
	switch {
	case refused:
		return Refusing
	case !g.isOpen():
		return Away
	}
	select {
	case <-m.ready:
		return Up
	default:
		return Preparing
	}
}

// UpFor returns for how long the homeserver has been Up without a break, by the clock that
// nobody sets; 0 if it is not.
func (m *Matrix) UpFor() time.Duration {
	if m.Standing() != Up {
		return 0
	}
	g := &m.hs.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Since(g.opened)
}

// close holds everyone back; why is the error that showed it.
func (g *gate) close(why error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
		g.open = make(chan struct{})
		g.closed()
		g.shut <- why
	default: // closed already
	}
}

const (
	probeFirst = 250 * time.Millisecond
	probeMost  = 15 * time.Second
)

// keep reopens the gate when the homeserver answers again. It asks now and then
// whether it does, for nobody else may have anything to ask: who watches over the bridge is to hear of it.
func (g *gate) keep(ctx context.Context) error {
	look := time.NewTicker(probeMost)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if g.isOpen() {
				g.look(ctx)
			}
		case why := <-g.shut:
			g.log.Warn().Err(why).Msg("The homeserver does not take our requests; messages wait and are sent when it does")
			if err := g.wait(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// look asks the homeserver whether it is there, and closes the gate when it does not say so.
// One that limits the bot's requests is there.
func (g *gate) look(ctx context.Context) (gone bool) {
	err := g.probe(ctx, g.bot)
	if err == nil || ctx.Err() != nil || status(err) == http.StatusTooManyRequests {
		return false
	}
	g.close(err)
	return true
}

func (g *gate) wait(ctx context.Context) error {
	for pause := probeFirst; ; pause = min(2*pause, probeMost) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		err := g.probe(ctx, g.bot)
		if err == nil {
			if err = g.reopening(ctx); err == nil {
				break
			}
			if ctx.Err() == nil {
				g.log.Warn().Err(err).Stringer("again_in", min(2*pause, probeMost)).Msg("The homeserver is back, and nothing is sent to it yet: it could not be compared with what is known of it")
			}
		}
		g.mu.Lock()
		g.refused = outcome(err) == unauthorized
		g.mu.Unlock()
		if outcome(err) == unauthorized {
			g.log.Error().Err(err).Msg("The homeserver refuses the as_token: register the appservice and restart the homeserver")
		}
	}
	g.log.Info().Msg("The homeserver takes our requests again")
	g.mu.Lock()
	g.refused = false
	g.opened = time.Now()
	close(g.open)
	g.mu.Unlock()
	g.reopened(ctx)
	return nil
}
