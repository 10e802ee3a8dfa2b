// Command postbox is a mail server for tests that are not written in Go, see package
// mailtest. It listens on a free port of this machine, prints that in a line, writes
// each mail that it takes into a folder as N.json, and ends with SIGTERM.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/anteroom-chat/anteroom/bridge/desk/notify/mail/mailtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "postbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("it takes one argument: the folder for its mails")
	}
	var count atomic.Int64
	server, err := mailtest.Serve(ctx, mailtest.Options{Secure: "none", Took: func(r mailtest.Received) {
		if err := keep(args[0], count.Add(1), r); err != nil {
			fmt.Fprintln(os.Stderr, "postbox:", err)
		}
	}})
	if err != nil {
		return err
	}
	defer server.Stop()
	if _, err := fmt.Fprintln(out, server.Port); err != nil {
		return fmt.Errorf("tell the port: %w", err)
	}
	<-ctx.Done()
	return nil
}

// Mail is what a file holds; headers and bodies are decoded.
type Mail struct {
	To      []string          `json:"to"`
	Headers map[string]string `json:"headers"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
}

// keep writes a mail as a whole: who sees the file can read it.
func keep(folder string, number int64, r mailtest.Received) error {
	took, err := readMail(r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(took)
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	path := filepath.Join(folder, fmt.Sprintf("%d.json", number))
	if err := os.WriteFile(path+".part", data, 0o600); err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	return os.Rename(path+".part", path)
}

func readMail(r mailtest.Received) (*Mail, error) {
	parsed, err := mail.ReadMessage(strings.NewReader(r.Raw))
	if err != nil {
		return nil, fmt.Errorf("read a mail: %w", err)
	}
	out := &Mail{To: r.To, Headers: map[string]string{}}
	words := new(mime.WordDecoder)
	for name := range parsed.Header {
		if out.Headers[name], err = words.DecodeHeader(parsed.Header.Get(name)); err != nil {
			return nil, fmt.Errorf("read the header %s: %w", name, err)
		}
	}
	kind, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("read the type of a mail: %w", err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		out.Text, err = decoded(parsed.Body, parsed.Header.Get("Content-Transfer-Encoding"))
		return out, err
	}
	for parts := multipart.NewReader(parsed.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the parts of a mail: %w", err)
		}
		body, err := decoded(part, part.Header.Get("Content-Transfer-Encoding"))
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			out.HTML = body
		} else {
			out.Text = body
		}
	}
}

func decoded(body io.Reader, encoding string) (string, error) {
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return "", fmt.Errorf("read the body of a mail: %w", err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n"), nil
}
