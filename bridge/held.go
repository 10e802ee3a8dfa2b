package bridge

import (
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/quota"
	"github.com/anteroom-chat/anteroom/bridge/router"
)

// held is a door at which an address has no more requests under way than the listener
// lets it have connections. Behind a proxy the listener sees the proxy alone, and one
// visitor could have every connection wait for a body that trickles, or for a file that it
// does not read. A WebSocket is no request once it is open; the door behind counts those.
// Those that come faster than any page asks wait: whoever asks and asks is answered as slowly
// as that costs others nothing.
// Health is told to everybody: it is short, and who asks may share an address with others.
type held struct {
	*router.Router
	crowd *crowd
	pace  *quota.Addresses
}

// heldFor is how long a request waits at most. Whose would have to wait longer is refused.
const heldFor = 5 * time.Second

// held is a door for addresses that may ask as often a second as they may have connections,
// and for twice as much at once.
func (c *crowd) held(doors *router.Router) held {
	return held{doors, c, quota.NewAddresses(rate.Limit(c.ofOne), 2*c.ofOne)}
}

// ServeHTTP serves a request that there is room for.
func (h held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		defer func() { _ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(restTimeout)) }()
	}
	spare := r.Context().Value(spareKey{}) != nil
	switch {
	case spare && !asksHealth(r):
		h.crowd.turnAway(w, tooMany())
		return
	case spare:
		w.Header().Set("Connection", "close") // for the next who asks
		h.Router.ServeHTTP(w, r)
		return
	case asksHealth(r):
		h.Router.ServeHTTP(w, r)
		return
	}
	address := h.crowd.who.Address(r)
	if !h.crowd.requests.Enter(address) {
		h.crowd.turnAway(w, tooManyFromHere())
		return
	}
	defer h.crowd.requests.Leave(address)
	wait, ok := h.pace.Reserve(address, time.Now(), heldFor)
	if !ok {
		h.crowd.turnAway(w, tooOften())
		return
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done(): // nobody is there to be told
			return
		}
	}
	h.Router.ServeHTTP(w, r)
}

func tooOften() *chat.Error {
	return chat.Errorf(chat.CodeTooFast, "Too many requests come from here.")
}
