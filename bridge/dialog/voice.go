package dialog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// voiceSlack is by how much a recording may be over the site's limit: a browser stops
// it a moment late.
const voiceSlack = 2 * time.Second

// checkVoice looks at what a widget says of a recording, and writes it into the file.
func checkVoice(in Session, v *chat.Recording, f *chat.File) error {
	if v == nil {
		return nil
	}
	if err := voiceLasts(in, v.Duration); err != nil {
		return err
	}
	f.Kind, f.Duration, f.Waveform = chat.Voice, v.Duration, chat.Waveform(v.Waveform)
	return nil
}

// voiceLasts refuses a recording that lasts too long, in milliseconds, or no time.
func voiceLasts(in Session, duration int64) error {
	limit := in.Site.Files.LongestVoice()
	switch {
	case limit == 0:
		return chat.Errorf(chat.CodeBadFileType, "This site does not accept voice messages.")
	case duration <= 0:
		return chat.Errorf(chat.CodeEmpty, "The voice message lasts no time.")
	case duration > (limit + voiceSlack).Milliseconds():
		return chat.Errorf(chat.CodeTooLarge, "The voice message lasts %d ms; at most %d are allowed.", duration, limit.Milliseconds())
	default:
		return nil
	}
}

// heard looks into the recording whose type was found to be that. Where the container
// says how long it lasts, that counts and not the widget's word.
func heard(in Session, path string, f chat.File) (chat.File, error) {
	found := f.Type
	if f.Type = chat.VoiceType(found); f.Type == "" {
		return f, chat.Errorf(chat.CodeBadFileType, "A voice message is a recording; this is %s.", found)
	}
	f.Kind, f.Width, f.Height = chat.Voice, 0, 0
	if f.Type == "audio/ogg" {
		lasts, err := oggLasts(path)
		if err != nil {
			return f, err
		}
		if lasts > 0 {
			f.Duration = lasts
		}
	}
	return f, voiceLasts(in, f.Duration)
}

const (
	// oggPage is how every page begins (RFC 3533 section 6), oggHead its least length,
	// and oggPosition where the position of its end stands.
	oggPage     = "OggS"
	oggHead     = 27
	oggPosition = 6
	// opusRate is what positions of Opus count in a second (RFC 7845 section 4).
	opusRate = 48_000
	// oggTail is the longest page; so much of the end is looked at.
	oggTail = 65_307
)

// oggLasts is how long an Ogg file with Opus lasts, in milliseconds, by its last page;
// 0 if it does not say.
func oggLasts(path string) (int64, error) {
	file, err := os.Open(path) // #nosec G304 -- our own temporary file
	if err != nil {
		return 0, fmt.Errorf("look into a recording: %w", err)
	}
	defer func() { _ = file.Close() }()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("look into a recording: %w", err)
	}
	head, tail := make([]byte, 64), make([]byte, min(size, oggTail))
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("look into a recording: %w", err)
	}
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("look into a recording: %w", err)
	}
	last := bytes.LastIndex(tail, []byte(oggPage))
	if !bytes.Contains(head, []byte("OpusHead")) || last < 0 || len(tail)-last < oggHead {
		return 0, nil
	}
	position := binary.LittleEndian.Uint64(tail[last+oggPosition:])
	const longest = 24 * 60 * 60                                         // seconds, over any limit
	return int64(min(position, longest*opusRate) * 1000 / opusRate), nil // #nosec G115 -- bounded
}
