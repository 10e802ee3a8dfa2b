package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
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
		address := "127.0.0.1:0"
		if base != 0 {
			address = port(base + i).address()
		}
		// Held until all four are chosen, or one could be chosen twice.
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if errors.Is(err, syscall.EADDRINUSE) {
			return ports{}, fmt.Errorf("port %d (%s) is in use by another program; choose other ports, for example: DEMO_PORT_BASE=%d make demo",
				base+i, uses[i], suggestion(base))
		}
		if err != nil {
			return ports{}, fmt.Errorf("open a port for %s: %w", uses[i], err)
		}
		defer func() { _ = listener.Close() }()
		addr, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return ports{}, fmt.Errorf("open a port for %s: unexpected address %s", uses[i], listener.Addr())
		}
		chosen[i] = port(addr.Port)
	}
	return ports{homeserver: chosen[0], appservice: chosen[1], public: chosen[2], shop: chosen[3]}, nil
}

func suggestion(base int) int {
	if base+100+Ports > 65536 {
		return 18100
	}
	return base + 100
}
