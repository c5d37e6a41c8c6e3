/// The style of a report's page: light and dark.
enum ReportPageStyle {
    static let text = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #ffffff; --panel: #f6f8fa;
          --rule: #d8dee4; --good: #1a7f37; --warn: #8a5a00; --bad: #c02c2c;
          --c0: #0b62c4; --c1: #d4762c; --c2: #c02c2c; --c3: #1b9e8f; --c4: #8957e5; --c5: #8a5a00; --c6: #bf3989;
          --c7: #59636e; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9da7b1; --paper: #0d1117;
          --panel: #161b22; --rule: #30363d; --good: #4ac266; --warn: #e0b13c; --bad: #ff7b72;
          --c0: #6cb0ff; --c1: #e0904c; --c2: #ff7b72; --c3: #2fb8a8; --c4: #ab7df8; --c5: #e0b13c; --c6: #f778ba;
          --c7: #9da7b1; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        main { max-width: 920px; margin: 0 auto; padding: 32px 24px 48px; }
        .over { color: var(--soft); letter-spacing: .08em; text-transform: uppercase; font-size: 12px; margin: 0; }
        h1 { font-size: 26px; line-height: 1.25; margin: 2px 0 16px; overflow-wrap: anywhere; }
        h2 { font-size: 17px; margin: 32px 0 8px; padding-bottom: 4px; border-bottom: 1px solid var(--rule); }
        .note { color: var(--soft); font-size: 13px; margin: 6px 0; } .warn { color: var(--warn); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 12px 0;
          padding: 0; list-style: none; }
        .cards li { background: var(--panel); border-radius: 6px; padding: 8px 12px; }
        .cards b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
        .cards span { color: var(--soft); font-size: 13px; }
        .cards .bad b { color: var(--bad); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; margin: 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
        th { text-align: right; font-weight: 600; color: var(--soft); font-size: 12px; }
        th, td { padding: 5px 0 5px 14px; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        td.good { color: var(--good); } td.bad, tr.bad td { color: var(--bad); }
        figure { margin: 8px 0; overflow-x: auto; }
        svg { display: block; width: 100%; min-width: 600px; height: auto; }
        svg text { font-size: 12.5px; fill: var(--ink); } svg .axis { fill: var(--soft); font-size: 11.5px; }
        svg .grid { stroke: var(--rule); stroke-width: 1; }
        svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; } svg .dashed { stroke-dasharray: 6 4; }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
        .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); } .c6 { stroke: var(--c6); } .c7 { stroke: var(--c7); }
        footer { margin-top: 40px; color: var(--soft); font-size: 12px; }
        """
}
