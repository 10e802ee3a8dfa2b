package dialog

import (
	"context"
	"io"
	"os"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// Attachment is a file that the bridge itself makes for operators.
type Attachment struct {
	Name string
	// Type is the media type.
	Type string
	// Write writes the file's bytes.
	Write func(w io.Writer) error
}

// prepare completes a command with what the desk makes of it beforehand.
func (s *Service) prepare(ctx context.Context, c Command) (Command, error) {
	prepared, err := s.desk.Prepare(ctx, c)
	if err != nil {
		return c, err
	}
	c.Answer = prepared.Answer
	if prepared.File != nil {
		c.File, err = s.carry(ctx, c, prepared.File)
	}
	return c, err
}

// carry has the file made that the answer to a command will carry, or returns
// nil if it cannot be made now. The file is known and on our disk then, as a
// visitor's is before its message: should the answer never come, the sweep
// removes it.
func (s *Service) carry(ctx context.Context, c Command, made *Attachment) (*chat.File, error) {
	temporary, size, err := s.files.make("made-", made.Write)
	if err != nil {
		s.log.Warn().Err(err).Str(trail.Visitor, string(c.Visitor.ID)).Msg("A file for operators cannot be made")
		return nil, nil
	}
	defer func() { _ = os.Remove(temporary) }()
	f := chat.File{ID: chat.NewFileID(), Kind: chat.Attachment, Name: made.Name, Type: made.Type, Size: size}
	if _, err := s.store.AddFile(ctx, store.File{File: f, Visitor: c.Visitor.ID, Party: chat.Bot, State: store.Staged}, "", now()); err != nil {
		return nil, err
	}
	return &f, s.files.keep(temporary, s.files.upload(f.ID))
}
