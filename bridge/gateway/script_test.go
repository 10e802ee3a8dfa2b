package gateway

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/chat"
)

func TestScriptsArePackedForBrowsersThatTakeIt(t *testing.T) {
	d := openDoor(t, nil)
	long := strings.Repeat("export const answer = 42;\n", 100)
	d.gateway.assets["long-1.js"] = asset.New("text/javascript; charset=utf-8", []byte(long))
	unpack := map[string]func(io.Reader) (io.Reader, error){
		"":     func(r io.Reader) (io.Reader, error) { return r, nil },
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	}
	tags := map[string]bool{}
	for accepted, coding := range map[string]string{
		"gzip, deflate, br, zstd": "br", "br;q=0, gzip;q=0.5": "gzip", "GZIP": "gzip", "br ; q=0.1": "br",
		"identity": "", "zstd": "", "gzip;q=0": "", "brx": "",
	} {
		response, body := d.ask(http.MethodGet, "/widget/assets/long-1.js", nil, "Accept-Encoding", accepted)
		if got := response.Header.Get("Content-Encoding"); got != coding {
			t.Errorf("%q is answered in %q, want %q", accepted, got, coding)
			continue
		}
		r, err := unpack[coding](strings.NewReader(body))
		must(t, err)
		plain, err := io.ReadAll(r)
		must(t, err)
		if string(plain) != long || coding != "" && len(body) > 200 {
			t.Errorf("%q: %d bytes arrive, which are %d", accepted, len(body), len(plain))
		}
		if response.Header.Get("Vary") != "Accept-Encoding" || response.ContentLength != int64(len(body)) {
			t.Errorf("%q: %v", accepted, response.Header)
		}
		tag := response.Header.Get("Etag")
		tags[tag] = true
		response, _ = d.ask(http.MethodGet, "/widget/assets/long-1.js", nil, "Accept-Encoding", accepted, "If-None-Match", tag)
		if response.StatusCode != http.StatusNotModified {
			t.Errorf("%q: asked again %d", accepted, response.StatusCode)
		}
	}
	if len(tags) != 3 {
		t.Errorf("three forms have the tags %v", tags)
	}
	// What packing would make longer goes as it is.
	response, body := d.ask(http.MethodGet, "/widget/assets/chat-1a2b.js", nil, "Accept-Encoding", "br, gzip")
	if response.Header.Get("Content-Encoding") != "" || body != "export default 1" {
		t.Errorf("a short file comes in %q: %q", response.Header.Get("Content-Encoding"), body)
	}
}

// A page that was opened before an upgrade asks for the names that it knows.
func TestFilesOfEarlierBuildsAreServedForAWhile(t *testing.T) {
	d := openDoor(t, nil)
	dir := filepath.Join(d.cfg.Gateway.DataDir, "widget")
	next := fstest.MapFS{"chat-9z8y.js": {Data: []byte("export default 2")}}
	now := time.Now()
	// The first build ran for a year before it was replaced.
	long := now.Add(-365 * 24 * time.Hour)
	must(t, os.Chtimes(filepath.Join(dir, "chat-1a2b.js"), long, long))
	upgraded, err := readAssets(next, nil, dir, now)
	must(t, err)
	d.gateway.assets = upgraded
	for name, want := range map[string]string{"chat-1a2b.js": "export default 1", "chat-9z8y.js": "export default 2"} {
		if response, body := d.ask(http.MethodGet, "/widget/assets/"+name, nil); response.StatusCode != http.StatusOK || body != want {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
	}
	soon, err := readAssets(next, nil, dir, now.Add(earlierFor-time.Hour))
	must(t, err)
	if soon["chat-1a2b.js"] == nil {
		t.Error("the old file is gone before its month is over")
	}
	later, err := readAssets(next, nil, dir, now.Add(earlierFor+time.Hour))
	must(t, err)
	if len(later) != 1 || later["chat-9z8y.js"] == nil {
		t.Errorf("a month later the files are %v", later)
	}
	if _, err := os.Stat(filepath.Join(dir, "chat-1a2b.js")); !os.IsNotExist(err) {
		t.Errorf("the old file is still on the disk (%v)", err)
	}
}

// Its languages of files are other files after an upgrade, since they name that build's.
func TestLanguagesOfFilesOutliveAnUpgrade(t *testing.T) {
	d := openDoor(t, nil)
	dir := t.TempDir()
	now := time.Now()
	german := func(name string) map[string]*asset.File {
		return map[string]*asset.File{name: asset.New("text/javascript; charset=utf-8", []byte("export const strings={}"))}
	}
	_, err := readAssets(testScripts().files, german("de-1a2b.js"), dir, now)
	must(t, err)
	d.gateway.assets, err = readAssets(testScripts().files, german("de-9z8y.js"), dir, now)
	must(t, err)
	for _, name := range []string{"de-1a2b.js", "de-9z8y.js"} {
		if response, body := d.ask(http.MethodGet, "/widget/assets/shop/"+name, nil); response.StatusCode != http.StatusOK || !strings.Contains(body, "strings") {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
	}
}

func TestAFolderThatCannotBeWrittenSparesThisBuildsFiles(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(blocked, nil, 0o600))
	assets, err := readAssets(testScripts().files, nil, filepath.Join(blocked, "widget"), time.Now())
	if err == nil || len(assets) != 1 || !bytes.Equal(assets["chat-1a2b.js"].Content(), []byte("export default 1")) {
		t.Errorf("%v, %v", assets, err)
	}
}

func TestStrangeFilesAreNotServed(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "passwords.txt"), []byte("x"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "folder.js"), 0o700))
	must(t, os.Symlink("/etc/hostname", filepath.Join(dir, "link.js")))
	d := openDoor(t, nil)
	var err error
	d.gateway.assets, err = readAssets(testScripts().files, nil, dir, time.Now())
	must(t, err)
	for _, name := range []string{"passwords.txt", "folder.js", "link.js", "chat-1a2b.js.part"} {
		response, body := d.ask(http.MethodGet, "/widget/assets/"+name, nil)
		refusal(t, response, body, chat.CodeNotFound)
	}
}
