/**
 * A plugin of markdown-it: leaves out what pages say to `check:docs` only, which is comments, and words after
 * the language of a block; bytes are text to the highlighter.
 * @param {import('vitepress').MarkdownRenderer} md
 */
export function hideMarks(md) {
  md.core.ruler.push('hide_marks', (state) => {
    state.tokens = state.tokens.filter(
      ({ type, content }) => type !== 'html_block' || !/^<!--[\s\S]*-->\s*$/.test(content),
    );
    for (const token of state.tokens) {
      if (token.type !== 'fence') continue;
      const [language = ''] = token.info.trim().split(/\s+/);
      token.info = language === 'hex' ? 'text' : language;
    }
  });
}
