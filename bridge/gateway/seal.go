package gateway

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// sealer writes the address of an operator's picture into a link so that
// nobody can read it: an mxc:// URI names the homeserver.
type sealer struct {
	aead cipher.AEAD
	// nonces is the key that nonces are made with.
	nonces []byte
}

// sealedBlock is what the sealed text is filled up to a multiple of, in bytes,
// since its length would tell that of the homeserver's name.
const sealedBlock = 64

func newSealer(key []byte) (sealer, error) {
	// Keys of their own (RFC 5869), so that the signing key is used for one thing.
	secret, err := hkdf.Key(sha256.New, key, nil, "anteroom avatar: seal", sha256.Size)
	if err != nil {
		return sealer{}, fmt.Errorf("derive a key: %w", err)
	}
	nonces, err := hkdf.Key(sha256.New, key, nil, "anteroom avatar: nonce", sha256.Size)
	if err != nil {
		return sealer{}, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return sealer{}, fmt.Errorf("derive a key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return sealer{}, fmt.Errorf("derive a key: %w", err)
	}
	return sealer{aead, nonces}, nil
}

// seal returns base64url of: nonce, sealed text (expiry in Unix seconds, 8
// bytes; URI; zeros). The nonce comes from the text, as the link must repeat as
// long as its expiry does; so one nonce never serves two texts.
func (s sealer) seal(site chat.SiteID, mxc id.ContentURIString, expires time.Time) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix())) // #nosec G115 -- after 1970
	text = append(text, mxc...)
	text = append(text, make([]byte, sealedBlock-len(text)%sealedBlock)...)
	mac := hmac.New(sha256.New, s.nonces)
	_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(site))))
	_, _ = mac.Write([]byte(site))
	_, _ = mac.Write(text)
	nonce := mac.Sum(nil)[:s.aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, text, []byte(site)))
}

// open is the inverse of seal, or refuses with CodeLinkExpired.
func (s sealer) open(site chat.SiteID, sealed string, now time.Time) (mxc id.ContentURIString, expires time.Time, err error) {
	refused := linkExpired()
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return "", expires, refused
	}
	text, err := s.aead.Open(nil, raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():], []byte(site))
	if err != nil || len(text) < numberBytes {
		return "", expires, refused
	}
	expires = time.Unix(int64(binary.BigEndian.Uint64(text)), 0) // #nosec G115 -- it is our own
	if !now.Before(expires) {
		return "", expires, refused
	}
	return id.ContentURIString(bytes.TrimRight(text[numberBytes:], "\x00")), expires, nil
}
