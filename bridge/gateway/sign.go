package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// purpose keeps a link of one kind from being used as one of another.
type purpose string

const (
	forFile   purpose = "file"
	forUpload purpose = "upload"
	// forAlias and forAddress are of no link: see alias and address.
	forAlias   purpose = "alias"
	forAddress purpose = "address"
)

// signer makes and checks the tokens of links: a link opens one thing of one
// visitor until it expires, and nothing in it opens anything else.
type signer struct{ key []byte }

// grant is what a token allows beside the path that it stands on.
type grant struct {
	purpose purpose
	site    chat.SiteID
	// object is the file's id.
	object  string
	visitor chat.VisitorID
	// size is the most bytes of an upload; 0 for the rest.
	size    int64
	expires time.Time
}

// A token is base64url of: expiry in Unix seconds (8 bytes), size (8 bytes), the
// first half of the HMAC-SHA256 (16 bytes, RFC 2104 section 5), visitor id.
const (
	numberBytes = 8
	macBytes    = 16
	macAt       = 2 * numberBytes
	visitorAt   = macAt + macBytes
)

func (s signer) token(g grant) string {
	t := make([]byte, 0, visitorAt+len(g.visitor))
	t = binary.BigEndian.AppendUint64(t, uint64(g.expires.Unix())) // #nosec G115 -- after 1970
	t = binary.BigEndian.AppendUint64(t, uint64(g.size))           // #nosec G115 -- never negative
	t = append(t, s.mac(g, t)...)
	return base64.RawURLEncoding.EncodeToString(append(t, g.visitor...))
}

// check completes a grant of purpose, site and object from the token, or
// refuses it with CodeLinkExpired.
func (s signer) check(g grant, token string, now time.Time) (grant, error) {
	refused := linkExpired()
	t, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(t) < visitorAt {
		return g, refused
	}
	g.expires = time.Unix(int64(binary.BigEndian.Uint64(t)), 0) // #nosec G115 -- only believed when signed
	g.size = int64(binary.BigEndian.Uint64(t[numberBytes:]))    // #nosec G115 -- only believed when signed
	g.visitor = chat.VisitorID(t[visitorAt:])
	if !hmac.Equal(t[macAt:visitorAt], s.mac(g, t[:macAt])) || !now.Before(g.expires) {
		return g, refused
	}
	return g, nil
}

func (s signer) mac(g grant, numbers []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	for _, part := range []string{string(g.purpose), string(g.site), string(g.visitor), g.object} {
		// With its length before it, no part can pass for a piece of another.
		_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		_, _ = mac.Write([]byte(part))
	}
	_, _ = mac.Write(numbers)
	return mac.Sum(nil)[:macBytes]
}

func linkExpired() error {
	return chat.Errorf(chat.CodeLinkExpired, "This link has expired or was changed.")
}

// alias stands for a user id or a picture towards a site's visitors. It needs
// the key, or whoever guesses a user id could see that it is the one.
func (s signer) alias(site chat.SiteID, object string) string {
	return hex.EncodeToString(s.mac(grant{purpose: forAlias, site: site, object: object}, nil))
}

// address stands for where a visitor comes from, so that no address is in the
// database. It is still personal data: who has the key can try all addresses.
func (s signer) address(site chat.SiteID, from netip.Addr) string {
	return hex.EncodeToString(s.mac(grant{purpose: forAddress, site: site, object: from.String()}, nil))
}

const (
	fileLinkFor   = time.Hour
	avatarLinkFor = 24 * time.Hour
	uploadLinkFor = time.Hour
)

// stableExpiry is at least d ahead and the same for all of a period of d, so
// that a link repeats and browsers can use what they have cached under it.
func stableExpiry(now time.Time, d time.Duration) time.Time { return now.Truncate(d).Add(2 * d) }
