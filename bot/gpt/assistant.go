package gpt

import (
	"context"
)

// Assistant answers by the language models of its endpoints. It is safe for use by
// many at once.
type Assistant struct {
	o Options
}

// New makes an assistant. The error has all faults of the options, a sentence a
// line, each with the key of the config that it is about. No endpoint is asked.
func New(o Options) (*Assistant, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	return &Assistant{o: o}, nil
}

// Answer asks for the next words in the dialog. It calls show, from one goroutine,
// with every piece of them that the visitor may see, as soon as it may be seen;
// the pieces together are Answer.Text, whatever else becomes of the answer. show
// may be nil.
//
// When ctx ends it returns at once, with Failed endpoint and what was shown by then;
// show is not called any more once it has returned.
//
// Failed says which fall-back the visitor gets; it comes within Options.Timeout if
// nothing was shown by then. With Text set it failed after something was shown: an
// endpoint that broke off is neither asked again nor continued by another one, for
// a second answer would not go with the first half of the other.
func (a *Assistant) Answer(ctx context.Context, d Dialog, show func(text string)) Answer {
	panic("to be written")
}
