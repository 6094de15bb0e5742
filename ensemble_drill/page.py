# SPDX-License-Identifier: Apache-2.0
"""The frame of the report: its styles and sections."""

from string import Template

PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { --ink: #1b2430; --soft: #5b6675; --line: #d9dfe6; --paper: #fff; --ground: #f3f5f8;
  --good: #15803d; --good-ground: #e7f5ec; --bad: #b42318; --bad-ground: #fdeceb }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 "Segoe UI", system-ui, -apple-system, "Noto Sans", sans-serif }
main { max-width: 77rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
header { border-radius: 10px; color: #fff; padding: 1.6rem 1.8rem; margin-bottom: 1.2rem }
header.passed { background: #14532d } header.failed { background: #7f1d1d }
header p { margin: .3rem 0 0; opacity: .92 }
header .word { display: inline-block; font-weight: 700; letter-spacing: .12em; font-size: .85rem;
  border: 2px solid currentColor; border-radius: 4px; padding: .1rem .6rem; opacity: 1 }
h1 { font-size: 1.55rem; line-height: 1.25; margin: .7rem 0 .2rem; font-weight: 600 }
section { background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.2rem 1.4rem; margin-bottom: 1.2rem }
h2 { font-size: 1.1rem; margin: 0 0 .3rem } h3 { font-size: 1rem; margin: 1rem 0 .3rem }
section > p { margin: 0 0 .8rem; color: var(--soft); max-width: 50rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; border-top: 1px solid
  var(--line); font-weight: 400 }
thead th { border-top: 0; font-weight: 600 } tbody th { font-weight: 600 }
tfoot th, tfoot td { font-weight: 600; border-top: 2px solid var(--line) }
small { display: block; color: var(--soft); font-weight: 400; font-size: .82rem; line-height: 1.35 }
tr.chosen { background: #fdf6e7 }
.badge { font-size: .72rem; letter-spacing: .06em; border-radius: 4px; padding: .1rem .4rem;
  margin-right: .2rem }
.badge.passed { color: var(--good); background: var(--good-ground) }
.badge.failed { color: var(--bad); background: var(--bad-ground) }
.kept { color: var(--good) } .gone { color: var(--bad) } .quiet { color: var(--soft) }
h3 .kept, h3 .gone { font-weight: 400; font-size: .9rem; margin-left: .4rem }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem }
.pair h3 { grid-column: 1 / -1 }
figure { margin: 0 } figcaption { color: var(--soft); font-size: .85rem; margin-bottom: .2rem }
svg { width: 100%; height: auto; display: block; font-family: inherit }
.key { margin-right: 1.2rem; white-space: nowrap; font-size: .88rem }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px;
  margin-right: .35rem; vertical-align: -.08rem }
.map .rack { fill: #f7f9fb; stroke: #c9d1da } .map .rack.failed { fill: #fdeceb; stroke: #b42318;
  stroke-width: 2 }
.map .host { fill: #fff; stroke: #dbe1e8 } .map .host.down { fill: #f8d9d6; stroke: #e3aaa5 }
.map .name { font-size: 13px; font-weight: 600; fill: #1b2430 }
.map .small { font-size: 10.5px; fill: #5b6675 } .map .struck { text-decoration: line-through;
  fill: #b42318 }
.map .chip { font-size: 11px; font-weight: 600 }
.plot .grid { stroke: #e3e8ee } .plot .mark { stroke: #5b6675; stroke-dasharray: 4 3 }
.plot .line { fill: none; stroke-width: 3; stroke-linejoin: round }
.plot .label, .plot .chosen { font-size: 12px; fill: #5b6675 }
.plot .chosen { font-weight: 700; fill: #b42318 } .plot .cross { font-size: 14px; fill: #b42318 }
ol.events { list-style: none; margin: 0; padding: 0 }
ol.events li { display: grid; grid-template-columns: 4.2rem 1fr; padding: .18rem 0;
  border-left: 3px solid var(--line); padding-left: .8rem }
ol.events time { color: var(--soft); font-variant-numeric: tabular-nums }
ol.events .failure { border-color: #b42318; font-weight: 600 } ol.events .noticed {
  border-color: #d97706 } ol.events .repair { border-color: #2563eb } ol.events .healed {
  border-color: #15803d; font-weight: 600 } ol.events .return { border-color: #5b6675 }
section ul { margin: 0; padding-left: 1.2rem }
dl { margin: 0 } dt { margin-top: .7rem } dd { margin: .1rem 0 0; color: var(--soft) }
code, pre { font: .82rem/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace }
dt code { overflow-wrap: anywhere }
pre { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--ground);
  border-radius: 6px; padding: .5rem .7rem; color: var(--ink) }
summary { cursor: pointer }
.narrow { display: none }
@media (max-width: 60rem) { .pair { grid-template-columns: 1fr; gap: .4rem } }
@media (max-width: 40rem) {
  main { padding: .6rem .5rem 2rem } section { padding: 1rem .9rem } header { padding: 1.1rem 1rem }
  h1 { font-size: 1.25rem }
  .wide { display: none } .narrow { display: block }
  table, tbody, tfoot, tr, tbody th, tfoot th { display: block } thead { display: none }
  tr { border-top: 1px solid var(--line); padding: .5rem .2rem }
  tfoot tr { border-top: 2px solid var(--line) }
  th, td, tfoot th, tfoot td { border: 0; padding: .12rem .3rem }
  td { display: grid; grid-template-columns: 8.2rem 1fr; gap: 0 .5rem }
  td::before { content: attr(data-of); color: var(--soft); font-size: .85rem; font-weight: 400 }
  .key { white-space: normal }
}
@media print { body { background: #fff } section, header { break-inside: avoid;
  print-color-adjust: exact; -webkit-print-color-adjust: exact } }
</style>
</head>
<body>
<main>
<header class="$state">
<p class="word">$word</p>
<h1>$headline</h1>
<p class="beside">$beside</p>
<p>$subline</p>
</header>
<section>
<h2>One failure, the same service</h2>
<p>$agreement</p>
$summary
</section>
<section>
<h2>Where the members were, and are</h2>
<p>$tiers</p>
$maps
</section>
<section>
<h2>Members that run</h2>
<p>$legend</p>
$running
</section>
<section>
<h2>What any other $level would have taken</h2>
<p>Before anything failed. A cross marks a failure that the service would not have outlived.</p>
<p>$legend</p>
$losses
$others
</section>
<section>
<h2>What happened when</h2>
<ol class="events">$events</ol>
</section>
<section>
<h2>How this was found</h2>
<ul>$method</ul>
<h3>The commands that were run</h3>
<dl>$commands</dl>
</section>
</main>
</body>
</html>
""")
