package dialog

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

const (
	metaSigningKey = "signing_key"
	signingBytes   = 32
)

// SigningKey returns the key of this installation's signed links. It is made
// at the first call and kept in the database.
func (s *Service) SigningKey(ctx context.Context) ([]byte, error) {
	kept, err := s.store.Meta(ctx, metaSigningKey)
	if err == nil && kept == "" {
		kept, err = s.newSigningKey(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(kept)
	if err != nil || len(key) != signingBytes {
		return nil, fmt.Errorf("the database's %s is damaged; remove that row of the table meta and a new one is made", metaSigningKey)
	}
	return key, nil
}

// newSigningKey makes the key, unless somebody else has made it meanwhile.
func (s *Service) newSigningKey(ctx context.Context) (kept string, err error) {
	err = s.store.Write(ctx, func(ctx context.Context) (err error) {
		if kept, err = s.store.Meta(ctx, metaSigningKey); err != nil || kept != "" {
			return err
		}
		fresh := make([]byte, signingBytes)
		_, _ = rand.Read(fresh) // never fails, see crypto/rand
		kept = base64.StdEncoding.EncodeToString(fresh)
		return s.store.SetMeta(ctx, metaSigningKey, kept)
	})
	return kept, err
}

// File describes a file of the visitor's own dialog that can be fetched, or a
// chat.Error with CodeUnknownFile.
func (s *Service) File(ctx context.Context, v chat.VisitorID, file chat.FileID) (chat.File, error) {
	f, err := s.visible(ctx, v, file)
	return f.File, err
}
