// Command relay is the least that lets a model's words reach a web page: it asks an
// endpoint what a socket says, and writes each piece that comes to that socket as it
// is, in the frames of the bridge and with the libraries of the bridge. It keeps
// nothing and looks at nothing; the benchmarks of assistants are compared with it.
//
//	relay -listen 127.0.0.1:8001 -endpoint http://127.0.0.1:8002/v1
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
	openai "github.com/sashabaranov/go-openai"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8001", "where sockets are taken")
	endpoint := flag.String("endpoint", "", "the endpoint's base_url")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *endpoint); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, endpoint string) error {
	server := &http.Server{Addr: listen, Handler: newRelay(endpoint), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// relay takes sockets.
type relay struct {
	upgrader websocket.Upgrader
	client   *openai.Client
}

func newRelay(endpoint string) *relay {
	config := openai.DefaultConfig("")
	config.BaseURL = endpoint
	const read = 512 // as the bridge's
	return &relay{client: openai.NewClientWithConfig(config), upgrader: websocket.Upgrader{
		ReadBufferSize: read, WriteBufferPool: new(sync.Pool), Subprotocols: []string{wire.Subprotocol},
		CheckOrigin: func(*http.Request) bool { return true },
	}}
}

// ServeHTTP relays what one socket says until it is closed.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	conn, err := r.upgrader.Upgrade(w, req, nil)
	if err != nil {
		return // it was answered
	}
	defer func() { _ = conn.Close() }() // nothing more is said
	for {
		var said wire.Message
		if err := conn.ReadJSON(&said); err != nil {
			return
		}
		if said.T != wire.TypeMessage {
			continue
		}
		if err := r.answer(req.Context(), conn, said); err != nil {
			fmt.Fprintln(os.Stderr, "relay:", err)
			return
		}
	}
}

func (r *relay) answer(ctx context.Context, conn *websocket.Conn, said wire.Message) error {
	stream, err := r.client.CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{
		Model: "m", Messages: []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleUser, Content: said.Text}},
	})
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // it was only read
	id := string(said.Client)
	var whole strings.Builder
	for n := 0; ; {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return conn.WriteJSON(wire.NewEntry{T: wire.TypeEntry, Entry: wire.Entry{Text: whole.String(), AI: &wire.AI{Stream: id}}})
		}
		if err != nil {
			return err
		}
		if len(chunk.Choices) == 0 || chunk.Choices[0].Delta.Content == "" {
			continue
		}
		piece := chunk.Choices[0].Delta.Content
		whole.WriteString(piece)
		if err := conn.WriteJSON(wire.Stream{T: wire.TypeStream, ID: id, N: n, Text: piece}); err != nil {
			return err
		}
		n++
	}
}
