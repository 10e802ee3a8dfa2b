package console

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/term"
)

// Terminal is where the operator sits: a real terminal, on which a half-typed
// answer stays whole when a message arrives, or any pair of files.
type Terminal struct {
	Paint Paint

	mu      sync.Mutex
	out     io.Writer
	lines   *bufio.Scanner // nil on a real terminal
	editor  *term.Terminal // nil otherwise
	in      *os.File
	restore *term.State
	resize  chan os.Signal
	prompt  string
}

// blank is the prompt while there is nobody to answer. It is not empty, for
// only then does the editor draw a changed prompt at once.
const blank = "› "

// Open takes over the two files. Only if both are terminals are lines edited
// and words coloured; NO_COLOR (no-color.org) leaves out the colours.
func Open(in, out *os.File) (*Terminal, error) {
	if !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return &Terminal{out: out, lines: bufio.NewScanner(in)}, nil
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("take over the terminal: %w", err)
	}
	t := &Terminal{
		Paint: Paint{colours: os.Getenv("NO_COLOR") == ""},
		in:    in, restore: state, resize: make(chan os.Signal, 1),
		editor: term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, out}, blank),
	}
	t.out = t.editor
	signal.Notify(t.resize, syscall.SIGWINCH)
	t.resize <- syscall.SIGWINCH // the size now
	go func() {
		for range t.resize {
			if width, height, err := term.GetSize(int(out.Fd())); err == nil && width > 0 {
				_ = t.editor.SetSize(width, height) // a wrong width only wraps badly
			}
		}
	}()
	return t, nil
}

// Close gives the terminal back as it was. The line being read stays unread.
func (t *Terminal) Close() {
	if t.editor == nil {
		return
	}
	signal.Stop(t.resize)
	close(t.resize)
	_ = term.Restore(int(t.in.Fd()), t.restore) // nothing is left to try
}

// Write shows text above the line that is being typed.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Write(p)
}

// Prompt sets what stands before the line that is being typed.
func (t *Terminal) Prompt(text string) {
	if t.editor == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if text == t.prompt {
		return
	}
	t.prompt = text
	t.editor.SetPrompt(text)
	_, _ = t.editor.Write(nil) // draws the line anew; a terminal that is gone shows nothing
}

// Interactive reports whether a person's terminal is there.
func (t *Terminal) Interactive() bool { return t.editor != nil }

// ReadLine returns the next line. io.EOF means Ctrl-C or Ctrl-D on a
// terminal, and no more lines otherwise.
func (t *Terminal) ReadLine() (string, error) {
	if t.editor != nil {
		line, err := t.editor.ReadLine()
		if errors.Is(err, term.ErrPasteIndicator) {
			err = nil
		}
		return line, err
	}
	if t.lines.Scan() {
		return t.lines.Text(), nil
	}
	if err := t.lines.Err(); err != nil {
		return "", err
	}
	return "", io.EOF
}

// Paint colours words where the terminal can show it.
type Paint struct{ colours bool }

// Bold makes text stand out.
func (p Paint) Bold(text string) string { return p.with("1", text) }

// Dim makes text stand back.
func (p Paint) Dim(text string) string { return p.with("2", text) }

// Number gives text the colour of a dialog's number, so that each keeps its own.
func (p Paint) Number(n int, text string) string {
	colours := [...]string{"36", "33", "35", "32", "34", "31"}
	return p.with(colours[(n-1)%len(colours)], text)
}

func (p Paint) with(code, text string) string {
	if !p.colours {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
