package chat

// AI says where words of a language model come from.
type AI struct {
	// Assistant is its name in the config.
	Assistant string `json:"assistant"`
	// Stream is the Stream that the visitor was shown before the words were complete.
	Stream string `json:"stream,omitempty"`
	// Sources are the passages of the site's knowledge that they rest on.
	Sources []Source `json:"sources,omitempty"`
	// Interrupted is true if somebody spoke before they were complete: they end where
	// the visitor had read to.
	Interrupted bool `json:"interrupted,omitempty"`
}

// Source is a passage that the visitor may look up.
type Source struct {
	Title string `json:"title"`
	// URL is where it can be read, or empty.
	URL string `json:"url,omitempty"`
}

// Stream is a reply while a model writes it, as far as it may be shown. It is
// ephemeral: the entry whose AI.Stream is its ID takes its place.
type Stream struct {
	// ID is unique in the dialog.
	ID string
	// Text is all there is so far; what was shown of it never changes.
	Text string
	// Gone is true when nothing comes of it: what was shown is taken away.
	Gone bool
}

// Original is a text before it was translated.
type Original struct {
	Text string `json:"text"`
	// HTML, when set, is the same text with formatting, sanitised for the widget.
	HTML string `json:"html,omitempty"`
	// Language and Into are BCP 47 tags: what it is written in, and what it was
	// translated into.
	Language string `json:"lang"`
	Into     string `json:"into"`
}

// Draft is an answer that an assistant proposes to operators.
type Draft struct {
	// Text is all that the visitor is sent if an operator says so.
	Text string `json:"text"`
	// For is the Matrix event of the command that asked for it.
	For string `json:"for,omitempty"`
}
