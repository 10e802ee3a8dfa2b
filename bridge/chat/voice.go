package chat

// Recording is what the sender of a voice message says of it, as MSC3245 and MSC1767
// write it.
type Recording struct {
	// Duration is in milliseconds.
	Duration int64 `json:"duration"`
	// Waveform are loudnesses from 0 to MaxLoudness, evenly over the duration.
	Waveform []int `json:"waveform,omitempty"`
}

const (
	// MaxLoudness is the loudest in a waveform (MSC1767).
	MaxLoudness = 1024
	// MostLoudnesses is how many a waveform has at most: more than a drawing of it has
	// room for, and few enough to stand in each event.
	MostLoudnesses = 100
)

// Waveform makes what somebody claims to be one into one: at most MostLoudnesses, of
// which each is the loudest of those that it stands for, from 0 to MaxLoudness. Nil
// where nothing is claimed.
func Waveform(claimed []int) []int {
	if len(claimed) == 0 {
		return nil
	}
	wave := make([]int, min(len(claimed), MostLoudnesses))
	for i, loudness := range claimed {
		at := i * len(wave) / len(claimed)
		wave[at] = max(wave[at], min(loudness, MaxLoudness))
	}
	return wave
}

// VoiceType returns the media type of a recording of speech that was found to be of
// that type; empty if it is none. Containers of film count, since what a browser
// records of a microphone is one of them, with sound alone in it.
func VoiceType(mediaType string) string {
	switch mediaType {
	case "audio/ogg", "audio/mp4", "audio/aac", "audio/webm":
		return mediaType
	case "application/ogg", "video/ogg":
		return "audio/ogg"
	case "video/mp4", "audio/x-m4a":
		return "audio/mp4"
	case "video/webm":
		return "audio/webm"
	default:
		return ""
	}
}
