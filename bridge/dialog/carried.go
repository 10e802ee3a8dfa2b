package dialog

import (
	"context"
	"io"
	"os"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Attachment is a file that the bridge itself makes for operators.
type Attachment struct {
	Name string
	// Type is the media type.
	Type string
	// Write writes the file's bytes.
	Write func(w io.Writer) error
}

// carried is such a file on our disk, on its way into an answer. Nil is none.
type carried struct {
	described chat.File
	temporary string
	kept      bool
}

// prepare has the file of a command's answer made, if it has one.
func (s *Service) prepare(ctx context.Context, c Command) (*carried, error) {
	made, err := s.desk.Prepare(ctx, c)
	if err != nil || made == nil {
		return nil, err
	}
	path, size, err := s.files.make("made-", made.Write)
	if err != nil {
		return nil, err
	}
	return &carried{temporary: path, described: chat.File{
		ID: chat.NewFileID(), Kind: chat.Attachment, Name: made.Name, Type: made.Type, Size: size,
	}}, nil
}

func (c *carried) file() *chat.File {
	if c == nil {
		return nil
	}
	return &c.described
}

// keepCarried gives a file the entry that carries it, and its bytes their
// place. The write around it may run more than once.
func (s *Service) keepCarried(ctx context.Context, c *carried, e chat.Entry) error {
	if c == nil {
		return nil
	}
	if _, err := s.store.AddFile(ctx, store.File{
		File: c.described, Visitor: e.Visitor, Party: chat.Bot, State: store.Staged, Entry: e.ID,
	}, "", now()); err != nil || c.kept {
		return err
	}
	err := s.files.keep(c.temporary, s.files.upload(c.described.ID))
	c.kept = err == nil
	return err
}

// drop removes the bytes if they did not find their place.
func (c *carried) drop() {
	if c != nil {
		_ = os.Remove(c.temporary)
	}
}
