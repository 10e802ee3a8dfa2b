package gateway

import (
	"encoding/base64"
	"errors"
	"mime"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// FuzzToken: no token but the one that was made opens what it was made for, and what is
// refused is refused in one way.
func FuzzToken(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	sealer, err := newSealer([]byte("key"))
	if err != nil {
		f.Fatal(err)
	}
	all := links{signer: signer{key: []byte("key")}, sealer: sealer, public: "https://chat.example.com"}
	asked := grant{purpose: forUpload, site: "shop", object: "file"}
	made := asked
	made.visitor, made.size, made.expires = "aaaaaaaaaaaaaaaa", 7, now.Add(time.Minute)
	token := all.token(made)
	sealed := all.seal("shop", "mxc://example.com/anna", now.Add(time.Minute))
	other := all.token(grant{purpose: forFile, site: "shop", object: "file", visitor: made.visitor, expires: made.expires})
	for _, seed := range []string{"", "=", "!", token, sealed, other, token + "A", token[1:], sealed[:30], strings.Repeat("A", 43), strings.Repeat("_", 1000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		refused := &chat.Error{Code: chat.CodeLinkExpired}
		got, err := all.check(asked, said, now)
		switch {
		case err != nil && !errors.Is(err, refused):
			t.Fatalf("%q is refused with %v", said, err)
		case err == nil && (!same(said, token) || got != made):
			t.Fatalf("%q opens %+v", said, got)
		}
		mxc, _, err := all.open("shop", said, now)
		switch {
		case err != nil && !errors.Is(err, refused):
			t.Fatalf("%q is refused with %v", said, err)
		case err == nil && !same(said, sealed):
			t.Fatalf("%q opens %q", said, mxc)
		}
	})
}

// same reports whether two texts are the same bytes to who reads base64url: line ends,
// and the bits of the last letter that no byte needs, are nothing to it.
func same(a, b string) bool {
	one, errOne := base64.RawURLEncoding.DecodeString(a)
	two, errTwo := base64.RawURLEncoding.DecodeString(b)
	return errOne == nil && errTwo == nil && string(one) == string(two)
}

// FuzzUploadName: under whatever name a file comes, it is saved under a plain one, has one
// address, and the browser is told of that name and of nothing else.
func FuzzUploadName(f *testing.F) {
	for _, seed := range []string{
		"", ".", "..", "a.png", "../../etc/passwd", `..\..\x.exe`, "a\r\nSet-Cookie: a=b\r\n\r\n<script>.txt", `x.png"; filename="x.html`, "x\u202egpj.exe", "x\x00.html",
		"чашка ☕.jpg", "%2e%2e%2f", "a%00b", "CON", " . ", "x.png\u2028", strings.Repeat("ä", 300) + ".tar.gz", "a." + strings.Repeat("b", 300), "\xff\xfe.png", "'; filename*=UTF-8''x.html", "=cmd|' /C calc'!A0.csv", "a/b/", "?s=1#x", "\ufeffa", "a\u200d\u2066b",
	} {
		f.Add(seed)
	}
	l := links{signer: signer{key: []byte("key")}, public: "https://chat.example.com"}
	f.Fuzz(func(t *testing.T, said string) {
		name := plain.FileName(said)
		if plain.FileName(name) != name {
			t.Fatalf("%q becomes %q, and that %q", said, name, plain.FileName(name))
		}
		if !utf8.ValidString(name) || utf8.RuneCountInString(name) > 200 || strings.ContainsAny(name, `/\<>:"|?*`) || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
			t.Fatalf("%q becomes %q", said, name)
		}
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Fatalf("%q becomes %q", said, name)
		}
		header := contentDisposition("attachment", name)
		if strings.ContainsFunc(header, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Fatalf("%q is told as %q", name, header)
		}
		kind, parameters, err := mime.ParseMediaType(header)
		if err != nil || kind != "attachment" || parameters["filename"] != name {
			t.Fatalf("%q is told as %q, which is read as %s %q: %v", name, header, kind, parameters, err)
		}
		at, err := url.Parse(l.file("shop", "aaaaaaaaaaaaaaaa", chat.File{ID: "abc", Name: name}, time.Now()))
		if err != nil || at.Host != "chat.example.com" || path.Dir(path.Clean(at.Path)) != "/v1/shop/files/abc" || at.Query().Get("s") == "" {
			t.Fatalf("%q is at %v: %v", name, at, err)
		}
	})
}
