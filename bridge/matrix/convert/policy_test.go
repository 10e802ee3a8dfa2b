package convert

import "testing"

// The rewriting drops all of this itself; the policy must do so without it.
func TestPolicyAloneLetsNothingRun(t *testing.T) {
	for in, want := range map[string]string{
		`<script>alert(1)</script>a`:                                    `a`,
		`<b onclick="x" style="y" class="z" id="i">a</b>`:               `<b>a</b>`,
		`<a href="javascript:alert(1)">a</a>`:                           `a`,
		`<a href="/relative">a</a>`:                                     `a`,
		`<a href="https://a.example/" rel="opener" target="_top">a</a>`: `<a href="https://a.example/">a</a>`,
		`<img src="https://a.example/x.png">a`:                          `a`,
		`<iframe src="https://a.example/"></iframe>a`:                   `a`,
		`<span data-spoiler="x" title="y">a</span>`:                     `<span>a</span>`,
		`<ol start="1x"><li value="7">a</li></ol>`:                      `<ol><li>a</li></ol>`,
		`<style>*{}</style><h1>a</h1><!-- b -->`:                        `a`,
	} {
		if got := policy().Sanitize(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
