// SPDX-License-Identifier: Apache-2.0
#include "proxy/demo/scenes.h"

#include "proxy/demo/articles.h"
#include "proxy/demo/files.h"
#include "proxy/demo/html.h"

struct hour {
  const char *high, *low, *light, *far, *near, *ground, *ink;
  const char *x, *y, *radius; /* of the sun or the moon, in a frame of 800 by 450 */
};

/* clang-format off */
static const struct hour
    DAWN  = {"#f7c59f", "#fdebd3", "#fff6e0", "#d99a7c", "#b9705a", "#7d4a43", "#43262a", "560", "250", "64"},
    DAY   = {"#8fc7e8", "#e4f3f7", "#fff7d6", "#a9c49a", "#7fa670", "#55794d", "#24402d", "620", "110", "44"},
    DUSK  = {"#5b4b8a", "#f2a679", "#ffd9a0", "#8a5f86", "#5f4268", "#39294a", "#1d1429", "230", "270", "58"},
    NIGHT = {"#131a3a", "#3d4f86", "#f4f1de", "#2f3b66", "#222c50", "#151c38", "#0a0e20", "610", "100", "34"};

/* One row an article. `motif` is drawn on the ground in the colours of its hour: currentColor is its ink. */
static const struct {
  const char *slug;
  const struct hour *hour;
  const char *motif;
} SCENES[ARTICLES_COUNT] = {
    {"kopir", &DAWN,
     "<path d='M0 400Q400 360 800 400V450H0Z' fill='#9fc6d8'/><path d='M90 384Q400 220 710 384M90 384H710M200 335V384"
     "M300 310V384M400 302V384M500 310V384M600 335V384' fill='none' stroke='currentColor' stroke-width='9'/>"},
    {"parol", &DUSK,
     "<path d='M350 290V250a50 50 0 0 1 100 0V290' fill='none' stroke='currentColor' stroke-width='18'/><rect x='318' "
     "y='286' width='164' height='124' rx='16' fill='currentColor'/><path d='M400 330a17 17 0 0 1 9 31l6 "
     "27h-30l6-27a17 17 0 0 1 9-31Z' fill='#ffd9a0'/>"},
    {"lake", &DAY,
     "<path d='M0 372Q220 352 800 366V450H0Z' fill='#6fb3cf'/><path d='M0 390H330M40 390V436M130 390V436M220 390V436"
     "M310 390V436' stroke='currentColor' stroke-width='12'/><path d='M480 396h130M540 420h180M430 432h70' "
     "stroke='#e4f3f7' stroke-width='5' stroke-linecap='round'/>"},
    {"kitaphana", &DAWN,
     "<path d='M250 410V330Q250 296 290 296Q310 240 340 296H370Q396 236 424 296Q470 296 476 330L500 300Q508 264 540 "
     "268L560 280L548 292H528Q520 340 470 356V410H448V360H296V410Z' fill='currentColor'/><g><rect x='318' y='302' "
     "width='30' height='44' fill='#b9705a'/><rect x='352' y='302' width='22' height='44' fill='#f7c59f'/><rect "
     "x='378' y='302' width='34' height='44' fill='#d99a7c'/></g>"},
    {"veter", &DAY,
     "<path d='M396 420L400 190L404 420Z' stroke='currentColor' stroke-width='8'/><g fill='#fff' stroke='currentColor' "
     "stroke-width='3'><path d='M400 186Q386 110 402 50Q416 112 400 186Z'/><path d='M400 186Q470 212 518 258Q444 246 "
     "400 186Z'/><path d='M400 186Q342 232 278 250Q326 198 400 186Z'/></g><circle cx='400' cy='186' r='11' "
     "fill='currentColor'/>"},
    {"telescope", &NIGHT,
     "<g fill='#f4f1de'><circle cx='120' cy='80' r='3'/><circle cx='210' cy='150' r='2'/><circle cx='300' cy='60' "
     "r='3'/><circle cx='460' cy='120' r='2'/><circle cx='520' cy='46' r='3'/><circle cx='720' cy='190' "
     "r='2'/></g><ellipse cx='610' cy='100' rx='66' ry='14' fill='none' stroke='#f2a679' stroke-width='5' "
     "transform='rotate(-18 610 100)'/><path d='M290 340L450 232L474 266L314 374Z' fill='#8fa3d9'/><path d='M380 "
     "316L330 424M380 316L440 424' stroke='#8fa3d9' stroke-width='10'/>"},
    {"avtobus", &NIGHT,
     "<rect x='220' y='280' width='360' height='116' rx='18' fill='#e2b04a'/><g fill='#fdf3cf'><rect x='240' y='300' "
     "width='62' height='44' rx='5'/><rect x='314' y='300' width='62' height='44' rx='5'/><rect x='388' y='300' "
     "width='62' height='44' rx='5'/><rect x='462' y='300' width='98' height='44' rx='5'/></g><g "
     "fill='#0a0e20'><circle cx='300' cy='398' r='26'/><circle cx='500' cy='398' r='26'/></g><path d='M580 360L790 "
     "330V420L580 384Z' fill='#fdf3cf' opacity='.35'/>"},
    {"chess", &DUSK,
     "<path d='M210 400Q210 300 400 232Q590 300 590 400Z' fill='#f7e9d7'/><path d='M210 400Q210 300 400 232Q590 300 "
     "590 400M254 332H546M372 400V330H428V400' fill='none' stroke='currentColor' stroke-width='7'/><circle cx='400' "
     "cy='228' r='10' fill='currentColor'/><path d='M660 410V384L648 352H662V362H674V352H690V362H702V352H716L704 "
     "384V410Z' fill='#f7e9d7'/>"},
    {"alma", &DAY,
     "<path d='M392 420Q400 340 396 290H410Q408 350 420 420Z' fill='currentColor'/><circle cx='402' cy='226' r='104' "
     "fill='#4f8a4a'/><circle cx='320' cy='262' r='62' fill='#5c9a55'/><circle cx='486' cy='262' r='62' "
     "fill='#5c9a55'/><g fill='#c9423a'><circle cx='350' cy='200' r='15'/><circle cx='440' cy='176' r='15'/><circle "
     "cx='402' cy='256' r='15'/><circle cx='300' cy='270' r='15'/><circle cx='496' cy='268' r='15'/><circle cx='462' "
     "cy='232' r='15'/></g>"},
    {"saiga", &DAWN,
     "<g id='s' fill='currentColor'><path d='M300 404V352Q296 316 340 314H430L452 284Q446 256 452 230L460 256L470 "
     "232L472 262Q496 274 500 298L486 306L466 304L448 346V404H436V358H326L314 404Z'/></g><use href='#s' "
     "transform='translate(300 190) scale(.5)'/><use href='#s' transform='translate(-20 214) scale(.46)'/>"},
    {"dombyra", &DUSK,
     "<g transform='rotate(52 400 320)'><rect x='391' y='120' width='18' height='190' fill='#c98a4b'/><path d='M400 "
     "290Q462 340 446 400Q400 430 354 400Q338 340 400 290Z' fill='#e0a45e'/><circle cx='400' cy='366' r='12' "
     "fill='currentColor'/><path d='M396 118V404M404 118V404' stroke='#fff3df' stroke-width='2'/><rect x='384' y='98' "
     "width='32' height='30' rx='6' fill='#8a5a2c'/></g>"},
    {"radio", &NIGHT,
     "<path d='M400 130L350 420M400 130L450 420M384 224H416M374 290H426M362 356H438M384 224L426 290L362 356' "
     "fill='none' stroke='#8fa3d9' stroke-width='7'/><circle cx='400' cy='124' r='11' fill='#f2a679'/><g fill='none' "
     "stroke='#f2a679' stroke-width='6' stroke-linecap='round'><path d='M364 160a52 52 0 0 1 0-72M436 88a52 52 0 0 1 0 "
     "72'/><path d='M336 184a90 90 0 0 1 0-120M464 64a90 90 0 0 1 0 120' opacity='.5'/></g>"},
};
/* clang-format on */

void scenes_put(struct buf *out, unsigned article) {
  const struct hour *h = SCENES[article].hour;
  HTML_FILL(out, files_get(FILE_scene), {"title", span_of(ARTICLES[article].title)},
            {"high", span_of(h->high)}, {"low", span_of(h->low)}, {"light", span_of(h->light)},
            {"far", span_of(h->far)}, {"near", span_of(h->near)}, {"ground", span_of(h->ground)},
            {"ink", span_of(h->ink)}, {"x", span_of(h->x)}, {"y", span_of(h->y)},
            {"radius", span_of(h->radius)}, {"motif", span_of(SCENES[article].motif)});
}
