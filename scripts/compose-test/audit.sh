# One small audit through the published port, as anybody would make it: upload, audit, ranking.

# audit_end_to_end URL TOKEN FOLDER
# Leaves the ranking in FOLDER/ranking.csv, and its address, for `api`, in RANKING.
audit_end_to_end() {
  API=$1
  TOKEN=$2
  local folder=$3 dataset audit
  mkdir -p "$folder"

  [ "$(curl --silent --output /dev/null --write-out '%{http_code}' "$API/v1/datasets")" = 401 ] ||
    die "the API answers without a token"

  make_bars "$folder"
  say "uploading a dataset of $EXAMPLES examples"
  dataset=$(api "/v1/datasets?name=bars.tar.gz" --request POST --upload-file "$folder/bars.tar.gz" | jq --raw-output .id)
  wait_for_state "/v1/datasets/$dataset" ready

  say "auditing it"
  audit=$(api /v1/audits --json '{"dataset_id": "'"$dataset"'", "signals": ["vog"],
    "recipe": {"epochs": 3, "checkpoints": 3}, "seed": 7}' | jq --raw-output .id)
  wait_for_state "/v1/audits/$audit" succeeded

  RANKING="/v1/audits/$audit/ranking.csv?signal=vog"
  api "$RANKING" >"$folder/ranking.csv"
  check_ranking "$folder"
}

EXAMPLES=240

# Grey images of 16×16 pixels in three classes, as IDX files: dark, with a horizontal bar, with a vertical bar.
make_bars() {
  local folder=$1
  mkdir -p "$folder/bars"
  perl -e '
    my ($folder, $n) = @ARGV;
    srand(7);
    open(my $images, ">:raw", "$folder/bars/train-images-idx3-ubyte") or die $!;
    open(my $labels, ">:raw", "$folder/bars/train-labels-idx1-ubyte") or die $!;
    print $images pack("N4", 0x803, $n, 16, 16);
    print $labels pack("N2", 0x801, $n);
    for my $i (0 .. $n - 1) {
      my ($class, $at) = ($i % 3, 3 + int(rand(10)));
      for my $y (0 .. 15) {
        for my $x (0 .. 15) {
          my $lit = $class == 1 && abs($y - $at) < 2 || $class == 2 && abs($x - $at) < 2;
          print $images pack("C", ($lit ? 180 : 20) + int(rand(60)));
        }
      }
      print $labels pack("C", $class);
    }
  ' "$folder" "$EXAMPLES"
  tar --create --gzip --file "$folder/bars.tar.gz" --directory "$folder/bars" .
}

# Every example once, ranks 1 to n in order, and every label the uploaded one.
check_ranking() {
  perl -e '
    my ($file, $n) = @ARGV;
    open(my $csv, "<", $file) or die $!;
    chomp(my $head = <$csv>);
    $head =~ s/\r$//;
    my @names = split(/,/, $head);
    my %column = map { $names[$_] => $_ } 0 .. $#names;
    my %seen;
    my $rows = 0;
    while (<$csv>) {
      s/\r?\n$//;
      my @cells = split(/,/, $_, -1);
      my ($rank, $index, $label) = @cells[@column{qw(rank index label)}];
      $rows++;
      die "row $rows has rank $rank\n" if $rank != $rows;
      die "example $index is ranked twice\n" if $seen{$index}++;
      die "example $index has label $label\n" if $label ne $index % 3;
    }
    die "$rows rows of $n\n" if $rows != $n || grep { !$seen{$_} } 0 .. $n - 1;
  ' "$1/ranking.csv" "$EXAMPLES" || die "the ranking is wrong: $1/ranking.csv"
  say "the ranking has all $EXAMPLES examples in order, with their labels"
}

# api PATH [curl arguments]
api() {
  local path=$1
  shift
  curl --silent --show-error --fail-with-body --header "Authorization: Bearer $TOKEN" "$@" "$API$path" ||
    die "$path was refused"
}

# wait_for_state PATH STATE
wait_for_state() {
  local deadline=$((SECONDS + 600)) answer state
  while true; do
    answer=$(api "$1")
    state=$(jq --raw-output .state <<<"$answer")
    case "$state" in
      "$2") return ;;
      failed | cancelled) die "$1 is $state: $answer" ;;
    esac
    [ "$SECONDS" -lt "$deadline" ] || die "$1 is still $state after 10 minutes: $answer"
    sleep 0.5
  done
}
