package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/anteroom-chat/anteroom/bridge/dendrite/freeport"
)

// Ports is how many ports in a row the demo needs.
const Ports = 4

type port int

func (p port) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(p))) }

type ports struct{ homeserver, appservice, public, shop port }

// choosePorts takes the ports from base on, or free ones if base is 0, and
// makes sure that nobody listens there.
func choosePorts(ctx context.Context, base int) (ports, error) {
	var chosen [Ports]port
	uses := [Ports]string{"the homeserver", "the bridge's door for the homeserver", "the bridge's door for visitors", "the shop"}
	for i := range chosen {
		if base == 0 {
			free, err := freeport.Take(ctx)
			if err != nil {
				return ports{}, err
			}
			chosen[i] = port(free)
			continue
		}
		chosen[i] = port(base + i)
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", chosen[i].address())
		if errors.Is(err, syscall.EADDRINUSE) {
			return ports{}, fmt.Errorf("port %d (%s) is in use by another program; choose other ports, for example: DEMO_PORT_BASE=%d make demo",
				chosen[i], uses[i], suggestion(base))
		}
		if err != nil {
			return ports{}, fmt.Errorf("open a port for %s: %w", uses[i], err)
		}
		if err := listener.Close(); err != nil {
			return ports{}, fmt.Errorf("open a port for %s: %w", uses[i], err)
		}
	}
	return ports{homeserver: chosen[0], appservice: chosen[1], public: chosen[2], shop: chosen[3]}, nil
}

func suggestion(base int) int {
	if base+100+Ports > 65536 {
		return 18100
	}
	return base + 100
}
