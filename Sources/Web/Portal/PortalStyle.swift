import Tenancy

/// The look of the pages: the brand's tokens as variables, corrected where a person could not read them.
enum PortalStyle {
    /// Custom properties. Every value is a token that was validated when it was stored, so none can leave the sheet.
    static func variables(_ brand: Brand) -> String {
        let light = [
            "primary": brand[.primary], "on-primary": brand[.onPrimary].readable(on: brand[.primary]),
            "accent": brand[.accent], "background": brand[.background],
            "on-background": brand[.text].readable(on: brand[.background]), "surface": brand[.surface],
            "text": brand[.text].readable(on: brand[.surface]),
        ]
        let hasDarkSurface = brand[.surface].readableOnTop == .white
        let scheme = isOwnGround(brand) ? (hasDarkSurface ? "dark" : "light") : "light dark"
        let font = "--font: \(brand.font.cssFamily)"
        var sheet = ":root { color-scheme: \(scheme); \(font); \(declarations(light)) }"
        if !isOwnGround(brand) {
            sheet += "\n@media (prefers-color-scheme: dark) { :root { \(declarations(dark)) } }"
        }
        return sheet
    }

    /// Whoever chose the ground or the text keeps it by night as well; only the standard one has a dark side.
    private static func isOwnGround(_ brand: Brand) -> Bool {
        [BrandColour.background, .surface, .text].contains { brand[$0] != Brand.standard[$0] }
    }

    private static let dark: [String: HexColour] = {
        let pairs = [
            ("background", "#12161b"), ("on-background", "#e7eaee"), ("surface", "#1d232a"), ("text", "#e7eaee"),
        ]
        return Dictionary(uniqueKeysWithValues: pairs.compactMap { name, hex in HexColour(hex).map { (name, $0) } })
    }()

    private static func declarations(_ colours: [String: HexColour]) -> String {
        colours.sorted { $0.key < $1.key }.map { "--\($0.key): \($0.value);" }.joined(separator: " ")
    }

    static let sheet = """
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--background); color: var(--on-background);
          font: 1rem/1.5 var(--font); overflow-wrap: anywhere; }
        a { color: inherit; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; box-shadow: 0 0 0 2px var(--surface); }
        .skip { position: absolute; left: -100rem; }
        .skip:focus { left: .5rem; top: .5rem; background: var(--surface); color: var(--text); padding: .5rem; }
        .bar { background: var(--primary); color: var(--on-primary); padding: .6rem 1rem;
          display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; }
        .bar .name { display: flex; gap: .75rem; align-items: center; flex: 1 1 auto; font-size: 1.1rem;
          font-weight: 700; text-decoration: none; }
        .bar img { height: 2rem; max-width: 10rem; object-fit: contain; }
        .bar .person { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; margin-left: auto; }
        .bar form { margin: 0; }
        .bar button { background: none; color: inherit; border-color: currentColor; padding: .35rem .75rem; }
        .bar :focus-visible { outline-color: currentColor; box-shadow: none; }
        main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.4rem; line-height: 1.25; margin: .5rem 0 1rem; }
        h2 { font-size: 1.1rem; line-height: 1.3; margin: 1.5rem 0 .5rem; }
        h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
        .card > :first-child, .card > h2:first-child, fieldset > :first-child { margin-top: 0; }
        .card > :last-child { margin-bottom: 0; }
        .card { background: var(--surface); color: var(--text); border: 1px solid rgb(128 128 128 / .35);
          border-radius: .5rem; padding: 1rem; margin: 0 0 1rem; }
        ul.tasks { list-style: none; margin: 0; padding: 0; }
        a.card { display: block; text-decoration: none; border-left: .4rem solid var(--accent); }
        a.card strong { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: .15em; }
        a.card:hover { border-color: var(--accent); }
        .meta, .hint { font-size: .9rem; margin: .25rem 0; }
        .late { background: #b00020; color: #fff; border-radius: .25rem; padding: 0 .4rem; font-weight: 600; }
        .error { border-left: .4rem solid #c62b3c; } .notice { border-left: .4rem solid #2e8b57; }
        .mistake { font-weight: 600; margin: .25rem 0; } .mistake::before { content: "⚠ "; }
        [aria-invalid=true] { border: 2px solid #c62b3c; }
        dl { margin: 0; }
        dl > div { display: grid; grid-template-columns: minmax(min(8.5rem, 45%), 2fr) 3fr; gap: 0 1rem; padding: .2rem 0; }
        dt { font-weight: 600; } dd { margin: 0; white-space: pre-wrap; }
        h1, dd, dt, strong, .text, .name, label { unicode-bidi: isolate; }
        .text { white-space: pre-wrap; }
        fieldset { border: 0; margin: 1rem 0 0; padding: 0; min-width: 0; }
        legend, label { font-weight: 600; padding: 0; }
        label { display: block; margin: 1rem 0 .25rem; }
        label.choice { font-weight: 400; display: flex; gap: .75rem; align-items: center; padding: .6rem 0; margin: 0; }
        label.choice.whole { font-weight: 600; margin-top: .6rem; }
        label.choice + .mistake { margin-top: 0; }
        input, textarea, select, button { font: inherit; padding: .6rem; border-radius: .375rem; border: 1px solid #767b82; }
        input:not([type=radio], [type=checkbox]), textarea, select { width: 100%; background: var(--surface);
          color: var(--text); }
        input[type=radio], input[type=checkbox] { width: 1.4rem; height: 1.4rem; flex: none; margin: 0; }
        button { cursor: pointer; background: var(--surface); color: var(--text); min-height: 2.75rem; }
        button.primary { background: var(--primary); color: var(--on-primary); width: 100%; margin-top: 1rem;
          min-height: 3rem; font-weight: 600; }
        .aside { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; }
        .aside p { margin: 0; flex: 1 1 12rem; } .aside form { margin: 0; }
        footer { text-align: center; padding: 1rem; font-size: .9rem; }
        footer a { display: inline-block; padding: .35rem .5rem; }
        """
}
