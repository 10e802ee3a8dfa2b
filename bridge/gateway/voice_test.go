package gateway

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// anOgg is the first and the last page of an Ogg file with Opus that lasts so long.
func anOgg(lasts time.Duration) []byte {
	page := func(position uint64, body string) []byte {
		p := append([]byte("OggS\x00\x00"), make([]byte, 21)...)
		binary.LittleEndian.PutUint64(p[6:], position)
		p[26] = 1
		return append(append(p, byte(len(body))), body...)
	}
	head := page(0, "OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00")
	return append(head, page(uint64(lasts/time.Millisecond)*48, "sound")...)
}

// speak announces a recording and uploads it; it returns the answer to that.
func (d *door) speak(c *tab, client chat.ClientID, data []byte, says chat.Recording) (*wire.Upload, *http.Response, string) {
	d.t.Helper()
	c.say(&wire.Upload{T: wire.TypeUpload, Client: client, Name: "Voice message.ogg", Type: "audio/ogg", Size: int64(len(data)), Voice: &says})
	up := await[wire.Upload](c, wire.TypeUpload)
	response, body := d.ask(http.MethodPut, up.URL, bytes.NewReader(data), "Origin", shop)
	return up, response, body
}

func openToVoices(t *testing.T) *door {
	t.Helper()
	return openDoor(t, func(cfg *config.Config, _ *pacing) {
		// Recordings are none of the types that visitors may choose.
		cfg.Sites["shop"].Files.Types = []string{"image/*"}
		cfg.Sites["shop"].Files.Voice = config.Duration(time.Minute)
	})
}

func TestVoiceMessageIsWhatItIsAndNotWhatTheWidgetSays(t *testing.T) {
	d := openToVoices(t)
	c, welcome := d.enter(newSecret(), nil)
	if welcome.Site.Voice != time.Minute.Milliseconds() {
		t.Errorf("the welcome says %d ms", welcome.Site.Voice)
	}
	for name, given := range map[string]struct {
		data     []byte
		says     chat.Recording
		mime     string
		duration int64
		wave     []int
	}{
		"ogg":            {anOgg(2 * time.Second), chat.Recording{Duration: 500, Waveform: []int{-5, 512, 9999}}, "audio/ogg", 2000, []int{0, 512, 1024}},
		"webm":           {[]byte("\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x86\x81\x01\x42\x82\x84webm"), chat.Recording{Duration: 1500}, "audio/webm", 1500, nil},
		"mp4 of Safari":  {[]byte("\x00\x00\x00\x1cftypiso5\x00\x00\x02\x00iso5iso6mp41"), chat.Recording{Duration: 1500}, "audio/mp4", 1500, nil},
		"a longer waves": {anOgg(time.Second), chat.Recording{Duration: 1000, Waveform: slices.Repeat([]int{7}, 5000)}, "audio/ogg", 1000, slices.Repeat([]int{7}, chat.MostLoudnesses)},
	} {
		t.Run(name, func(t *testing.T) {
			client := chat.ClientID(newSecret())
			up, response, body := d.speak(c, client, given.data, given.says)
			if response.StatusCode != http.StatusNoContent {
				t.Fatalf("the upload was answered with %d %s", response.StatusCode, body)
			}
			c.say(&wire.Message{T: wire.TypeMessage, Client: client + "m", File: up.File})
			f := await[wire.NewEntry](c, wire.TypeEntry).Entry.File
			if f.Kind != chat.Voice || f.Type != given.mime || f.Duration != given.duration || !slices.Equal(f.Waveform, given.wave) {
				t.Errorf("the message has %+v", f.File)
			}
			response, body = d.ask(http.MethodGet, f.URL, nil)
			if got := response.Header.Get("Content-Type"); got != given.mime || body != string(given.data) {
				t.Errorf("it is served as %s, %d bytes", got, len(body))
			}
		})
	}
}

func TestVoiceMessageIsRefused(t *testing.T) {
	d := openToVoices(t)
	c, _ := d.enter(newSecret(), nil)
	for name, says := range map[chat.Code]chat.Recording{
		chat.CodeTooLarge: {Duration: 63_000},
		chat.CodeEmpty:    {Duration: 0},
	} {
		c.say(&wire.Upload{T: wire.TypeUpload, Client: chat.ClientID(newSecret()), Name: "v.ogg", Size: 10, Voice: &says})
		c.refused(name)
	}
	_, response, body := d.speak(c, "voice-long", anOgg(2*time.Minute), chat.Recording{Duration: 1000})
	refusal(t, response, body, chat.CodeTooLarge)
	_, response, body = d.speak(c, "voice-page", []byte("<!DOCTYPE html><script>alert(1)</script>"), chat.Recording{Duration: 1000})
	refusal(t, response, body, chat.CodeBadFileType)
	// What is not announced as one has to be of a type that visitors may choose.
	up := c.announce("sound-file", "a.ogg", 100)
	response, body = d.ask(http.MethodPut, up.URL, bytes.NewReader(anOgg(time.Second)), "Origin", shop)
	refusal(t, response, body, chat.CodeBadFileType)
}

func TestVoiceMessageIsRefusedWhereNoneAreAccepted(t *testing.T) {
	d := openDoor(t, nil)
	c, welcome := d.enter(newSecret(), nil)
	if welcome.Site.Voice != 0 {
		t.Errorf("the welcome says %d ms", welcome.Site.Voice)
	}
	c.say(&wire.Upload{T: wire.TypeUpload, Client: "voice-none", Name: "v.ogg", Size: 10, Voice: &chat.Recording{Duration: 1000}})
	c.refused(chat.CodeBadFileType)
}
