package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

func aPicture(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, 30, 20))))
	return out.Bytes()
}

// announce asks where a file's bytes go.
func (c *tab) announce(client chat.ClientID, name string, size int) *wire.Upload {
	c.t.Helper()
	c.say(&wire.Upload{T: wire.TypeUpload, Client: client, Name: name, Type: "text/html", Size: int64(size)})
	return await[wire.Upload](c, wire.TypeUpload)
}

// send uploads a file and sends it as a message; it returns the entry.
func (d *door) send(c *tab, name string, data []byte) wire.Entry {
	d.t.Helper()
	client := chat.ClientID(newSecret())
	up := c.announce(client, name, len(data))
	response, body := d.ask(http.MethodPut, up.URL, bytes.NewReader(data), "Origin", shop)
	if response.StatusCode != http.StatusNoContent {
		d.t.Fatalf("the upload was answered with %d %s", response.StatusCode, body)
	}
	c.say(&wire.Message{T: wire.TypeMessage, Client: client + "m", File: up.File, Text: "caption"})
	for {
		got, data := c.read()
		if got == wire.TypeError {
			d.t.Fatalf("refused with %s", data)
		}
		if got != wire.TypeEntry {
			continue
		}
		if e := decode[wire.NewEntry](d.t, data).Entry; e.Client == client+"m" {
			return e
		}
	}
}

func TestFileGoesUpAndComesDown(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	data := aPicture(t)
	e := d.send(c, "tea pot №1.png", data)
	f := e.File
	if f == nil || f.Kind != chat.Image || f.Type != "image/png" || f.Size != int64(len(data)) || f.Width != 30 || f.Height != 20 || e.Text != "caption" {
		t.Fatalf("entry %+v, file %+v", e, f)
	}
	response, body := d.ask(http.MethodGet, f.URL, nil)
	if response.StatusCode != http.StatusOK || body != string(data) {
		t.Fatalf("downloaded %d, %d bytes", response.StatusCode, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "sandbox; default-src 'none'", "Cross-Origin-Resource-Policy": "cross-origin",
		"Content-Disposition": `inline; filename="tea pot _1.png"; filename*=UTF-8''tea%20pot%20%E2%84%961.png`,
		"Etag":                `"` + string(f.ID) + `"`,
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := response.Header.Get("Cache-Control"); !strings.HasPrefix(got, "private, max-age=") {
		t.Errorf("Cache-Control is %q", got)
	}
	response, body = d.ask(http.MethodGet, f.URL, nil, "Range", "bytes=2-5")
	if response.StatusCode != http.StatusPartialContent || body != string(data[2:6]) {
		t.Errorf("a range gave %d, %q", response.StatusCode, body)
	}
	response, _ = d.ask(http.MethodGet, f.URL, nil, "Range", "bytes=99999-")
	if response.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a range behind the end gave %d", response.StatusCode)
	}
	response, body = d.ask(http.MethodHead, f.URL, nil)
	if response.StatusCode != http.StatusOK || body != "" || response.ContentLength != int64(len(data)) {
		t.Errorf("HEAD gave %d, %d bytes", response.StatusCode, response.ContentLength)
	}
	response, _ = d.ask(http.MethodGet, f.URL, nil, "If-None-Match", `"`+string(f.ID)+`"`)
	if response.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %d", response.StatusCode)
	}

	c.say(&wire.FileLink{T: wire.TypeFile, File: f.ID})
	if link := await[wire.FileLink](c, wire.TypeFile); link.URL != f.URL {
		t.Errorf("a new link is %s, want the stable %s", link.URL, f.URL)
	}
	c.say(&wire.Redact{T: wire.TypeRedact, Client: "redact-01", Target: e.ID})
	await[wire.Ack](c, wire.TypeAck)
	response, body = d.ask(http.MethodGet, f.URL, nil)
	refusal(t, response, body, chat.CodeUnknownFile)
}

func TestWhatABrowserWouldRunOrCannotDrawIsAttached(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	for name, data := range map[string]string{
		"a.png":    "<!DOCTYPE html><html><script>alert(1)</script></html>",
		"b.svg":    `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		"c.txt":    "plain",
		"d.pdf":    "%PDF-1.7\n",
		"e.js":     "alert(1)",
		"чай.docx": "x",
		"f.heic":   "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
		"g.tiff":   "II*\x00\x08\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			f := d.send(c, name, []byte(data)).File
			if f.Kind != chat.Attachment {
				t.Errorf("%s is shown as %s", name, f.Kind)
			}
			response, body := d.ask(http.MethodGet, f.URL, nil)
			if got := response.Header.Get("Content-Type"); body != data || got != "application/octet-stream" {
				t.Errorf("%s (%s) is served as %s", name, f.Type, got)
			}
			if got := response.Header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; ") {
				t.Errorf("%s (%s) is served as %s", name, f.Type, got)
			}
		})
	}
}

func TestSiteRefusesTypesByTheirContent(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Sites["shop"].Files.Types = []string{"image/*"} })
	c, _ := d.enter(newSecret(), nil)
	up := c.announce("upload-01", "picture.png", 5)
	response, body := d.ask(http.MethodPut, up.URL, strings.NewReader("plain"), "Origin", shop, "Content-Type", "image/png")
	refusal(t, response, body, chat.CodeBadFileType)
	c.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", File: up.File})
	c.refused(chat.CodeUnknownFile)
	d.send(c, "picture.txt", aPicture(t))
}

func TestUploadIsBoundToItsAnnouncement(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	up := c.announce("upload-01", "a.txt", 5)
	put := func(url string, body io.Reader) (*http.Response, string) {
		return d.ask(http.MethodPut, url, body, "Origin", shop)
	}
	response, body := put(up.URL, strings.NewReader("123456"))
	refusal(t, response, body, chat.CodeTooLarge)
	response, body = put(up.URL, io.MultiReader(strings.NewReader("123456"))) // without a length
	refusal(t, response, body, chat.CodeTooLarge)
	if got := response.Header.Get("Access-Control-Allow-Origin"); got != shop {
		t.Errorf("the page cannot read why: %q", got)
	}
	response, body = put(up.URL+"A", strings.NewReader("12345"))
	refusal(t, response, body, chat.CodeLinkExpired)
	response, body = put(strings.Replace(up.URL, string(up.File), string(chat.NewFileID()), 1), strings.NewReader("12345"))
	refusal(t, response, body, chat.CodeLinkExpired)
	download := strings.Replace(up.URL, "/uploads/"+string(up.File), "/files/"+string(up.File)+"/a.txt", 1)
	response, body = d.ask(http.MethodGet, download, nil)
	refusal(t, response, body, chat.CodeLinkExpired)
	response, body = d.ask(http.MethodPut, up.URL, strings.NewReader("12345"), "Origin", "https://evil.example.com")
	refusal(t, response, body, chat.CodeBadOrigin)

	if response, body = put(up.URL, strings.NewReader("12345")); response.StatusCode != http.StatusNoContent {
		t.Fatalf("the right bytes were answered with %d %s", response.StatusCode, body)
	}
	if response, _ = put(up.URL, strings.NewReader("54321")); response.StatusCode != http.StatusNoContent {
		t.Errorf("the bytes sent again were answered with %d", response.StatusCode)
	}
	if again := c.announce("upload-01", "a.txt", 5); again.File != up.File {
		t.Errorf("announced again it is %s, not %s", again.File, up.File)
	}
}

func TestBrokenUploadIsNobodysFault(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	up := c.announce("upload-01", "a.txt", 1<<20)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, up.URL, io.MultiReader(strings.NewReader("half"), breaking{cancel}))
	must(t, err)
	r.Header.Set("Origin", shop)
	response, err := d.server.Client().Do(r)
	if err == nil {
		t.Fatalf("the broken upload was answered with %d %s", response.StatusCode, bodyOf(response))
	}
	data := []byte("whole")
	eventually(t, "the broken bytes leave nothing", func() bool {
		response, _ := d.ask(http.MethodPut, up.URL, bytes.NewReader(data), "Origin", shop)
		return response.StatusCode == http.StatusNoContent
	})
	if n := d.logs.count(`"level":"error"`); n != 0 {
		t.Errorf("it is logged as %d errors", n)
	}
}

// A file may fill the disk with what was announced for it, and not with that
// for each connection that somebody opens.
func TestTransfersOfOneFileAreFew(t *testing.T) {
	d := openDoor(t, nil)
	c, _ := d.enter(newSecret(), nil)
	up := c.announce("upload-01", "a.txt", 5)
	leave := d.stall(http.MethodPut, up.URL, "1")
	d.stall(http.MethodPut, up.URL, "12")
	eventually(t, "both are under way", func() bool { return d.transfersOf(up.File) == 2 })
	if n := d.fromHere(); n != 3 {
		t.Errorf("a socket and two transfers are %d connections", n)
	}
	response, body := d.ask(http.MethodPut, up.URL, strings.NewReader("12345"), "Origin", shop)
	if e := refusal(t, response, body, chat.CodeTooManySockets); e.RetryAfter <= 0 {
		t.Errorf("refused with %+v", e)
	}
	leave()
	eventually(t, "one broke off", func() bool { return d.transfersOf(up.File) == 1 })
	response, body = d.ask(http.MethodPut, up.URL, strings.NewReader("12345"), "Origin", shop)
	if response.StatusCode != http.StatusNoContent {
		t.Errorf("the file that comes again was answered with %d %s", response.StatusCode, body)
	}
}

func (d *door) transfersOf(file chat.FileID) int {
	return d.gateway.limits.transfers.Count(file)
}

// A full disk stops the journal too, so files end before it is full; words go on.
func TestFilesAreRefusedWhileTheDiskIsShortOfRoom(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Gateway.Limits.FreeSpace = 1 << 60 })
	c, _ := d.enter(newSecret(), nil)
	for range 3 {
		c.say(&wire.Upload{T: wire.TypeUpload, Client: "upload-01", Name: "x", Size: 1})
		if e := c.refused(chat.CodeUnavailable); e.RetryAfter <= 0 || strings.Contains(e.Text, "disk") {
			t.Errorf("refused with %+v", e)
		}
	}
	c.message("message-1", "words")
	if n := d.logs.count("gateway.limits.free_space"); n != 1 {
		t.Errorf("the admin is told %d times in one minute:\n%s", n, d.logs.out.String())
	}
}

func TestOutageIsNamedEveryTenMinutes(t *testing.T) {
	var o outages
	now := time.Now()
	for after := range 25 {
		if got := o.isDue("a", now.Add(time.Duration(after)*time.Minute)); got != (after%10 == 0) {
			t.Errorf("after %d minutes the log names it: %t", after, got)
		}
	}
	if !o.isDue("b", now) {
		t.Error("another outage is not named")
	}
}

// breaking is a body whose sender goes away.
type breaking struct{ leave func() }

func (b breaking) Read([]byte) (int, error) {
	b.leave()
	return 0, errors.New("the cable was pulled")
}

func TestUploadLinkExpires(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	up := c.announce("upload-01", "a.txt", 5)
	f := chat.File{ID: up.File, Size: 5}
	old := d.gateway.links.upload("shop", d.visitor(secret), f, time.Now().Add(-uploadLinkFor))
	response, body := d.ask(http.MethodPut, old, strings.NewReader("12345"), "Origin", shop)
	refusal(t, response, body, chat.CodeLinkExpired)
}

func TestVisitorReachesOnlyItsOwnFiles(t *testing.T) {
	d := openDoor(t, nil)
	secret := newSecret()
	c, _ := d.enter(secret, nil)
	f := d.send(c, "mine.txt", []byte("mine")).File
	other := newSecret()
	stranger, _ := d.enter(other, nil)
	stranger.say(&wire.FileLink{T: wire.TypeFile, File: f.ID})
	stranger.refused(chat.CodeUnknownFile)
	stranger.say(&wire.Message{T: wire.TypeMessage, Client: "message-1", File: f.ID})
	stranger.refused(chat.CodeUnknownFile)
	forged := d.gateway.links.file("shop", d.visitor(other), f.File, time.Now())
	response, body := d.ask(http.MethodGet, forged, nil)
	refusal(t, response, body, chat.CodeUnknownFile)

	path, token, _ := strings.Cut(f.URL, "?s=")
	for _, url := range []string{
		path, path + "?s=", path + "?s=" + token[1:],
		strings.Replace(f.URL, "/files/", "/files/../", 1),
		strings.Replace(f.URL, string(f.ID), "..%2f..%2fanteroom.db", 1),
	} {
		response, body := d.ask(http.MethodGet, url, nil)
		if response.StatusCode == http.StatusOK || strings.Contains(body, "mine") {
			t.Errorf("%s was answered with %d %s", url, response.StatusCode, body)
		}
	}
}

func TestFilesCanBeSwitchedOff(t *testing.T) {
	d := openDoor(t, func(cfg *config.Config, _ *pacing) { cfg.Sites["shop"].Files.Enabled = false })
	c, welcome := d.enter(newSecret(), nil)
	if welcome.Site.MaxFileSize != 0 {
		t.Errorf("the welcome says %d bytes", welcome.Site.MaxFileSize)
	}
	c.say(&wire.Upload{T: wire.TypeUpload, Client: "upload-01", Name: "x", Size: 1})
	c.refused(chat.CodeBadFileType)
}

// The name of a file is what its visitor wrote, and no log holds that.
func TestRefusedLinkLeavesNoFileNameInTheLog(t *testing.T) {
	d := openDoor(t, nil)
	response, body := d.ask(http.MethodGet, "/v1/shop/files/"+string(chat.NewFileID())+"/divorce.pdf?s=old", nil)
	refusal(t, response, body, chat.CodeLinkExpired)
	if d.logs.count("A request was refused") != 1 || d.logs.count("/v1/{site}/files/{file}/{name}") != 1 || d.logs.count("divorce") != 0 {
		t.Errorf("logged:\n%s", d.logs.out.String())
	}
}

// homeserver gives what the operators sent.
type homeserver struct{ down bool }

func (h *homeserver) Download(_ context.Context, _ id.ContentURIString, _ int64, w io.Writer) error {
	if h.down {
		return chat.Errorf(chat.CodeUnavailable, "The homeserver does not answer.").After(time.Second)
	}
	_, err := io.WriteString(w, "from the operator")
	return err
}

func (h *homeserver) Thumbnail(_ context.Context, mxc id.ContentURIString, _ int, w io.Writer) error {
	if mxc == "mxc://example.com/text" {
		_, err := io.WriteString(w, "no picture")
		return err
	}
	return png.Encode(w, image.NewGray(image.Rect(0, 0, 1, 1)))
}

func TestOperatorsFilesAndAvatars(t *testing.T) {
	d := openDoor(t, nil)
	hs := &homeserver{down: true}
	d.dialog.ServeMedia(hs)
	secret := newSecret()
	d.enter(secret, nil)
	f := store.File{
		File:    chat.File{ID: chat.NewFileID(), Kind: chat.Attachment, Name: "..", Type: "text/html", Size: 17},
		Visitor: d.visitor(secret), Party: chat.Operator, State: store.Remote, MXC: "mxc://example.com/file",
	}
	_, err := d.store.AddFile(t.Context(), f, "", time.Now())
	must(t, err)
	d.hear(f.Visitor, dialog.Heard{Content: chat.Content{File: &f.File}})
	_, welcome := d.enter(secret, nil)
	e := welcome.Entries[0]
	response, body := d.ask(http.MethodGet, e.File.URL, nil)
	refusal(t, response, body, chat.CodeUnavailable)
	hs.down = false
	response, body = d.ask(http.MethodGet, e.File.URL, nil)
	if body != "from the operator" || response.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("downloaded %d %s %q", response.StatusCode, response.Header, body)
	}
	response, body = d.ask(http.MethodGet, e.Author.Avatar, nil)
	if _, err := png.Decode(strings.NewReader(body)); err != nil || response.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the avatar is %d %s: %v", response.StatusCode, response.Header, err)
	}
	response, body = d.ask(http.MethodGet, d.gateway.links.avatar("shop", "mxc://example.com/text", time.Now()), nil)
	refusal(t, response, body, chat.CodeUnknownFile)
	for _, url := range []string{
		d.server.URL + "/v1/shop/avatars/!?s=x",
		strings.Replace(e.Author.Avatar, "/avatars/", "/avatars/AA", 1),
		fmt.Sprintf("%s/v1/shop/avatars/%s", d.server.URL, "bXhj"),
	} {
		response, body = d.ask(http.MethodGet, url, nil)
		refusal(t, response, body, chat.CodeLinkExpired)
	}
}
